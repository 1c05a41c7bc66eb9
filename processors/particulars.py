"""Particulars of a touchpoint that every way of reading it needs: its digest, which other keys it shows to be the same
person, and where the customer was met."""

from hashlib import blake2b

from schemas.touchpoint import is_nonsense_id

DIGEST = 5
CHANNELS = frozenset(("web", "mobile", "server", "email", "phone", "social", "survey", "crm", "store", "chat"))


def digest_of(message_id: str | None) -> bytes:
    """A message id in `DIGEST` bytes, nothing of none: a chance in 2^40 that two are alike."""
    return blake2b(message_id.encode(), digest_size=DIGEST).digest() if message_id else b""


def aliases_of(user_id: str | None, anonymous_id: str | None, previous_id: str | None) -> tuple[str, ...]:
    """The other keys of the person, if the user is known: the visitor's, and of a former id, which may be either."""
    if user_id is None:
        return ()
    found = []
    if anonymous_id and not is_nonsense_id(anonymous_id):
        found.append(f"anon:{anonymous_id}")
    if previous_id and not is_nonsense_id(previous_id):
        found += [alias for alias in (f"anon:{previous_id}", previous_id) if alias != user_id and alias not in found]
    return tuple(found)


def channel_of(said: object, on_device: bool, on_page: bool, type_: str) -> str:
    """Where the customer was met: said outright, or told by what the context has and by the kind of call."""
    if isinstance(said, str) and (channel := said.lower()) in CHANNELS:
        return channel
    if type_ == "screen" or on_device:
        return "mobile"
    return "web" if type_ == "page" or on_page else "server"
