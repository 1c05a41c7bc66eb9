"""From the body of a request to touchpoints that can be published, and those that cannot, with their reasons."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args
from uuid import uuid4

import msgspec

from processors.decoding import UnreadableError, decode, parse
from processors.reading import dated
from schemas.rejected import Rejection, RejectionCode
from schemas.touchpoint import Type
from streams.gateway.correction import happened, instant, written
from streams.gateway.slices import items

MAX_EVENTS = 2_500
TYPES: tuple[str, ...] = get_args(Type)

_MERGED = ("context", "integrations")
_WRITE_KEY = re.compile(rb'("writeKey"\s*:\s*")(?:[^"\\]|\\.)*+')


@dataclass(frozen=True)
class Accepted:
    """A touchpoint as it will be published: its type, the customer it is keyed by, and its JSON."""

    type: str
    customer: str
    value: bytes


@dataclass(frozen=True)
class Refused:
    """An event of a batch that is no touchpoint: where it stands, why it is refused, and how it came."""

    index: int
    type: str
    rejection: Rejection
    original: bytes


@dataclass(frozen=True)
class _Envelope:
    """What a batch says for all of its events: when it was sent, and what is merged into each."""

    sent: float | None
    merged: Mapping[str, Mapping[str, Any]]


_NO_ENVELOPE = _Envelope(None, {})


def take_event(raw: bytes, type_: str, received: float) -> Accepted:
    """One event that was posted to the route of its type; `received` is epoch seconds.

    Raises:
        UnreadableError: if it is no touchpoint, or one of another type.
    """
    event = parse(raw)
    if event.get("type") is None:
        event["type"] = type_
    elif event["type"] != type_:
        raise UnreadableError(RejectionCode.INVALID, f"type: this route takes {type_!r} only", "type")
    return _accept(event, _NO_ENVELOPE, received)


def take_batch(parts: Mapping[str, bytes], received: float) -> tuple[Sequence[Accepted], Sequence[Refused]]:
    """The events of a batch, whose members are given by name; a bad one fails alone.

    Raises:
        UnreadableError: if it is the batch itself that cannot be read, or has too many events.
    """
    if "batch" not in parts:
        raise UnreadableError(RejectionCode.INVALID, "batch: an array of events is required", "batch")
    events, envelope = items(parts["batch"]), _envelope(parts)
    if len(events) > MAX_EVENTS:
        raise UnreadableError(RejectionCode.TOO_LARGE, f"{len(events)} events; a batch has at most {MAX_EVENTS}")
    accepted, refused = [], []
    for index, raw in enumerate(events):
        type_ = "unknown"
        try:
            event = parse(raw)
            type_ = event["type"] if event.get("type") in TYPES else type_
            accepted.append(_accept(event, envelope, received))
        except UnreadableError as error:
            original = _WRITE_KEY.sub(rb"\1", raw)
            refused.append(Refused(index, type_, error.rejection, original))
    return accepted, refused


def _accept(event: dict[str, Any], envelope: _Envelope, received: float) -> Accepted:
    sent = instant(event, "sentAt")
    at = happened(event, envelope.sent if sent is None else sent, received)
    event.pop("writeKey", None)
    if event.get("timestamp") is not None:
        event.setdefault("originalTimestamp", event["timestamp"])
    event["timestamp"], event["receivedAt"] = written(at), written(received)
    if event.get("messageId") in (None, ""):
        event["messageId"] = str(uuid4())
    for name, shared in envelope.merged.items():
        own = event.get(name)
        if own is None:
            event[name] = shared
        elif isinstance(own, dict):
            event[name] = {**shared, **own}
    # Read once more as the worker will read it: what is accepted here is not refused there.
    value = msgspec.json.encode(event)
    touchpoint = decode(value)
    dated(touchpoint, received)
    return Accepted(touchpoint.type, touchpoint.customer, value)


def _envelope(parts: Mapping[str, bytes]) -> _Envelope:
    merged = {}
    for name in _MERGED:
        raw = parts.get(name, b"null")
        if raw != b"null":
            try:
                merged[name] = parse(raw)
            except UnreadableError as error:
                code, message = error.rejection.code, error.rejection.message
                raise UnreadableError(code, f"{name} of the batch: {message}", name) from None
    try:
        said = {"sentAt": msgspec.json.decode(parts.get("sentAt", b"null"))}
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        said = {"sentAt": "unreadable"}
    return _Envelope(instant(said, "sentAt"), merged)
