"""What dialects share: a request is cut into events, each is put into Segment's words, and a bad one fails alone."""

import re
from base64 import b64decode
from binascii import Error
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any
from urllib.parse import unquote_to_bytes

import msgspec

from processors.decoding import UnreadableError, parse
from processors.slices import items, members
from schemas.rejected import RejectionCode
from schemas.touchpoint import TYPES
from streams.gateway.correction import instant
from streams.gateway.dialect import Told, Unread

Translate = Callable[[dict[str, Any]], dict[str, Any]]
"""From an event in a client's words to one in Segment's; raises `UnreadableError`. Its `sentAt` may be there, too."""

CAMPAIGN = {
    "utm_source": "source",
    "utm_medium": "medium",
    "utm_campaign": "name",
    "utm_term": "term",
    "utm_content": "content",
}
"""The usual parameters of a link, and what Segment's `context.campaign` calls them."""

_KEY = ("writeKey",)
_FORM_DATA = re.compile(rb"(?:^|&)data=([^&]*)")
_UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


def tell(raw: bytes, translate: Translate, sent: float | None = None, secrets: tuple[str, ...] = _KEY) -> Told | Unread:
    """One event, translated. `sent` is when its request was sent, `secrets` are the fields that may hold a write
    key, which are blanked in what is kept of an event as it came."""
    original = _pattern_of(secrets).sub(rb"\1", raw)
    event: dict[str, Any] = {}
    try:
        event = translate(parse(raw))
        own = instant(event, "sentAt")
    except UnreadableError as error:
        type_ = event.get("type")
        return Unread(error.rejection, original, type_ if type_ in TYPES else "unknown")
    return Told(event, original, sent if own is None else own)


def tell_all(
    array: bytes | None, name: str, translate: Translate, sent: float | None = None, secrets: tuple[str, ...] = _KEY
) -> Iterator[Told | Unread]:
    """The events of a JSON array, which is called `name`, translated one by one as they are asked for.

    Raises:
        UnreadableError: if there is no array, or too many events are in it.
    """
    if array is None:
        raise invalid(name, "an array of events is required")
    for raw in items(array):
        yield tell(raw, translate, sent, secrets)


def one_or_many(payload: bytes) -> bytes:
    """A JSON array of events, where clients leave out the brackets of a single one."""
    return payload if payload.lstrip().startswith(b"[") else b"[" + payload + b"]"


def key_of_first(array: bytes, *path: str) -> str | None:
    """The write key that every event of an array carries at some path, if its first one does."""
    try:
        found = items(array)[0]
        for name in path:
            found = members(found)[name]
        return msgspec.json.decode(found, type=str) or None
    except (UnreadableError, LookupError, *_UNREADABLE):
        return None


def payload(body: bytes) -> bytes:
    """The JSON of a body: as it is, or in the field `data` of a form, there maybe in base64."""
    found = None if body.lstrip()[:1] in (b"{", b"[") else _FORM_DATA.search(body)
    if found is None:
        return body
    data = unquote_to_bytes(found.group(1).replace(b"+", b" ")).strip()
    return data if data[:1] in (b"{", b"[") else unbase64(data)


def unbase64(text: str | bytes) -> bytes:
    """Base64 in either alphabet, padded or not; raises `UnreadableError` if it is none."""
    packed = text.encode(errors="replace") if isinstance(text, str) else text
    packed = packed.replace(b"-", b"+").replace(b"_", b"/").replace(b" ", b"+").rstrip(b"=")
    try:
        return b64decode(packed + b"=" * (-len(packed) % 4), validate=True)
    except Error:
        raise UnreadableError(RejectionCode.NOT_JSON, "neither JSON nor base64") from None


def text_of(parts: Mapping[str, bytes], name: str) -> str | None:
    """A member that is text, if it is that."""
    try:
        return msgspec.json.decode(parts.get(name, b""), type=str) or None
    except _UNREADABLE:
        return None


def instant_of(parts: Mapping[str, bytes], name: str) -> float | None:
    """A member that is a date, in epoch seconds; raises `UnreadableError` if it is there and no date."""
    try:
        said = msgspec.json.decode(parts.get(name, b"null"))
    except _UNREADABLE:
        said = "unreadable"
    return instant({name: said}, name)


def bag(fields: Mapping[str, Any], name: str) -> dict[str, Any]:
    """An object among some fields, empty if it is missing; raises `UnreadableError` if it is something else."""
    value = fields.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise invalid(name, "an object is required")
    return value


def named(fields: Mapping[str, Any], name: str) -> str:
    """A name among some fields; raises `UnreadableError` if there is none."""
    value = fields.get(name)
    if not isinstance(value, str) or not value:
        raise invalid(name, "a text is required")
    return value


def present(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Only the fields that say something."""
    return {name: value for name, value in fields.items() if value not in (None, "", {})}


def without(fields: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """All fields but some."""
    return {name: value for name, value in fields.items() if name not in names}


def campaign_of(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Segment's `context.campaign` by the usual parameters of a link."""
    return present({ours: fields.get(theirs) for theirs, ours in CAMPAIGN.items()})


def invalid(name: str, message: str) -> UnreadableError:
    """The error for a field that is not what it has to be."""
    return UnreadableError(RejectionCode.INVALID, f"{name}: {message}", name)


@cache
def _pattern_of(fields: tuple[str, ...]) -> re.Pattern[bytes]:
    names = "|".join(map(re.escape, fields)).encode()
    return re.compile(rb'("(?:' + names + rb')"\s*:\s*")(?:[^"\\]|\\.)*+')
