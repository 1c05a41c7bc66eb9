"""Particulars of a touchpoint that every way of reading it needs: its digest, and where the customer was met."""

from hashlib import blake2b

_CHANNELS = frozenset(("web", "mobile", "server", "email", "phone", "social", "survey", "crm", "store", "chat"))


def digest_of(message_id: str | None) -> str:
    """A message id in 12 characters, nothing of none: a chance in 2^48 that two are alike."""
    return blake2b(message_id.encode(), digest_size=6).hexdigest() if message_id else ""


def channel_of(said: object, on_device: bool, on_page: bool, type_: str) -> str:
    """Where the customer was met: said outright, or told by what the context has and by the kind of call."""
    if isinstance(said, str) and (channel := said.lower()) in _CHANNELS:
        return channel
    if type_ == "screen" or on_device:
        return "mobile"
    return "web" if type_ == "page" or on_page else "server"
