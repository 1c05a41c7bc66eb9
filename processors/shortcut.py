"""The short way from bytes to a touch, for records as most of them are; whatever is unusual goes the long way.

The long way (`processors.reading`) parses the whole record and checks it with pydantic. Here msgspec reads only what
the fold needs and skips the rest of it unread. Where the short way gives a touch, the long way gives the same; the one
liberty it takes is that numbers nobody can hold (`1e999`) are no reason to refuse a record that has them where nobody
looks.
"""

import re
from datetime import datetime
from functools import lru_cache
from typing import Annotated, Any, Literal

import msgspec

from processors.decoding import MAX_BYTES, is_surely_shallow
from processors.details import details_of, has_details
from processors.kinds import KindRules
from processors.measures import money_of, rating_of
from processors.particulars import aliases_of, channel_of, digest_of
from processors.sources import arrival
from schemas.details import Details, Source
from schemas.kinds import Kind
from schemas.touch import Feed, Touch
from schemas.touchpoint import EARLIEST, MAX_ID, MAX_NAME, is_nonsense_id

_ABSENT = msgspec.Raw(b"")
_BRACE = ord("{")
_EARLIEST = EARLIEST.timestamp()
_USUAL_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"
).fullmatch


_Name = Annotated[str, msgspec.Meta(max_length=MAX_NAME)]
_Id = Annotated[str, msgspec.Meta(max_length=MAX_ID)]


class _Context(msgspec.Struct, gc=False):
    channel: Any = None
    page: msgspec.Raw = _ABSENT
    campaign: msgspec.Raw = _ABSENT
    referrer: msgspec.Raw = _ABSENT
    device: msgspec.Raw = _ABSENT
    app: msgspec.Raw = _ABSENT
    traits: msgspec.Raw = _ABSENT
    consent: msgspec.Raw = _ABSENT


class _Record(msgspec.Struct, rename="camel", gc=False):
    """What the fold needs of a touchpoint. What is typed otherwise than here is unusual, and so is what is `Raw`."""

    type: Literal["track", "identify", "page", "screen", "group", "alias"]
    event: _Name | None = None
    name: _Name | None = None
    message_id: _Id | None = None
    user_id: _Id | None = None
    anonymous_id: _Id | None = None
    timestamp: str | None = None
    properties: msgspec.Raw = _ABSENT
    context: _Context | None = None
    traits: msgspec.Raw = _ABSENT
    previous_id: msgspec.Raw = _ABSENT
    group_id: msgspec.Raw = _ABSENT
    # Names as Python spells them are understood, too.
    snake_message_id: msgspec.Raw = msgspec.field(default=_ABSENT, name="message_id")
    snake_user_id: msgspec.Raw = msgspec.field(default=_ABSENT, name="user_id")
    snake_anonymous_id: msgspec.Raw = msgspec.field(default=_ABSENT, name="anonymous_id")
    snake_previous_id: msgspec.Raw = msgspec.field(default=_ABSENT, name="previous_id")
    snake_group_id: msgspec.Raw = msgspec.field(default=_ABSENT, name="group_id")


_decode = msgspec.json.Decoder(_Record).decode
_decode_properties = msgspec.json.Decoder(dict[str, Any]).decode
_decode_any = msgspec.json.Decoder().decode
_NO_CONTEXT = _Context()
# Looking a member up in its enumeration costs more than the rest of a comparison.
_PURCHASE, _FEEDBACK = Kind.PURCHASE, Kind.FEEDBACK
_REMEMBERED = 4_096


def shortcut(
    raw: bytes, received: float, rules: KindRules, partition: int, offset: int, feed: Feed | None
) -> Touch | None:
    """The touch that a record is, as `processors.reading.read` has it; none if that has to look more closely."""
    if len(raw) > MAX_BYTES or not is_surely_shallow(raw):
        return None
    try:
        # Text that is skipped is not looked at, so that it is text at all has to be seen to here.
        if not raw.isascii():
            raw.decode()
        record = _decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    context = record.context or _NO_CONTEXT
    if not (
        record.traits is context.traits is context.consent is record.previous_id is record.group_id is _ABSENT
        and record.snake_user_id is record.snake_anonymous_id is record.snake_message_id is _ABSENT
        and record.snake_previous_id is record.snake_group_id is _ABSENT
    ):
        return None

    customer = _customer(record.user_id, record.anonymous_id)
    at = received if record.timestamp is None else _time(record.timestamp)
    event, name, message_id = record.event or "", record.name or "", record.message_id or ""
    if (
        customer is None
        or at is None
        or at > received
        or (record.type == "track" and not event)
        # To strip space is for the long way.
        or event != event.strip()
        or name != name.strip()
        or message_id != message_id.strip()
    ):
        return None

    kind = rules.classify(record.type, event)
    name = event or name or record.type
    amount, currency, rating, details = None, "", None, None
    if record.properties is not _ABSENT and memoryview(record.properties)[0] != _BRACE:
        return None
    tells = has_details(kind, name)
    try:
        source = None
        if not (context.page is context.campaign is context.referrer is _ABSENT):
            source = _arrival(bytes(context.campaign), bytes(context.page), bytes(context.referrer))
        properties: dict[str, Any] = {}
        if record.properties is not _ABSENT and (tells or kind is _PURCHASE):
            properties = _decode_properties(record.properties)
    except msgspec.MsgspecError:
        return None
    if kind is _PURCHASE:
        amount, currency = money_of(properties)
    elif kind is _FEEDBACK:
        rating = rating_of(name, properties)
    if tells:
        details = details_of(kind, name, properties, source)
    elif source is not None:
        details = Details(source=source)
    return Touch(
        customer=customer,
        at=round(at, 3),
        name=name,
        kind=kind,
        digest=digest_of(message_id),
        channel=channel_of(
            context.channel,
            context.device is not _ABSENT or context.app is not _ABSENT,
            context.page is not _ABSENT,
            record.type,
        ),
        amount=amount,
        currency=currency,
        rating=rating,
        aliases=aliases_of(record.user_id, record.anonymous_id, None),
        feed=feed,
        partition=partition,
        offset=offset,
        details=details,
        received=received,
    )


@lru_cache(maxsize=_REMEMBERED)
def _arrival(campaign: bytes, page: bytes, referrer: bytes) -> Source | None:
    """Where a visit came from, by JSON; most pages are seen again and again. Raises `msgspec.MsgspecError`."""
    return arrival(*(_decode_any(each) if each else None for each in (campaign, page, referrer)))


def _customer(user_id: str | None, anonymous_id: str | None) -> str | None:
    if anonymous_id is not None and anonymous_id != anonymous_id.strip():
        return None
    if user_id is not None:
        return user_id if user_id == user_id.strip() and not is_nonsense_id(user_id) else None
    return None if anonymous_id is None or is_nonsense_id(anonymous_id) else f"anon:{anonymous_id}"


def _time(said: str) -> float | None:
    """Epoch seconds of a usual timestamp."""
    if _USUAL_TIME(said) is None:
        return None
    try:
        at = datetime.fromisoformat(said).timestamp()
    except ValueError:
        return None
    return at if at >= _EARLIEST else None
