"""CloudEvents 1.0 over HTTP: binary, structured, or a batch."""

from collections.abc import Iterator
from hashlib import blake2b
from typing import Any
from urllib.parse import unquote

import msgspec

from schemas.touchpoint import MAX_ID, TYPES
from streams.gateway.dialect import Asked, Reading, Route, Told, Unread
from streams.gateway.refusal import Refusal
from streams.gateway.translation import bag, invalid, named, tell, tell_all, without

_STRUCTURED, _BATCH = "application/cloudevents+json", "application/cloudevents-batch+json"
_PREFIX = "ce-"
_IDS = ("userId", "anonymousId")


def _read(asked: Asked) -> Reading:
    media = asked.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media == _BATCH:
        return Reading(tell_all(asked.body, "batch", _touchpoint))
    if media == _STRUCTURED:
        return Reading([tell(asked.body, _touchpoint)])
    if media.startswith("application/cloudevents") or f"{_PREFIX}specversion" not in asked.headers:
        raise Refusal(
            415,
            "unsupported_format",
            f"Content-Type {media[:80]!r} is no format of CloudEvents that is understood",
            f"send {_STRUCTURED}, {_BATCH}, or JSON with {_PREFIX}* headers",
        )
    return Reading(_binary(asked, media))


def _binary(asked: Asked, media: str) -> Iterator[Told | Unread]:
    """An event whose attributes are headers, put together as it would be in the structured mode."""
    said: dict[str, Any] = {
        name.removeprefix(_PREFIX): unquote(value)
        for name, value in asked.headers.items()
        if name.startswith(_PREFIX) and name.removeprefix(_PREFIX) not in ("data", "data_base64")
    }
    said["datacontenttype"] = media or "application/json"
    if asked.body.strip():
        said["data"] = msgspec.Raw(asked.body)
    yield tell(msgspec.json.encode(said), _touchpoint)


def _touchpoint(said: dict[str, Any]) -> dict[str, Any]:
    source, type_ = named(said, "source"), named(said, "type")
    if not named(said, "specversion").startswith("1."):
        raise invalid("specversion", "1.0 is understood")
    if "data_base64" in said:
        raise invalid("data_base64", "only data that is JSON is read")
    data = without(bag(said, "data"), "writeKey")
    event = data if _is_touchpoint(data, type_) else _told(type_, data)
    if all(event.get(name) is None for name in _IDS):
        event["userId"] = said.get("subject")
    if event.get("messageId") is None:
        event["messageId"] = _id_of(source, named(said, "id"))
    if event.get("timestamp") is None and event.get("originalTimestamp") is None:
        event["timestamp"] = said.get("time")
    return event


def _is_touchpoint(data: dict[str, Any], type_: str) -> bool:
    """Whether the data is a touchpoint itself, as the event's own name has to say, too: other things have a `type` of
    `page` or `group` as well."""
    said, name = data.get("type"), type_.rpartition(".")[2].lower()
    return said in TYPES and (name == said or (said == "track" and data.get("event") == type_))


def _told(type_: str, data: dict[str, Any]) -> dict[str, Any]:
    ids = {name: data[name] for name in _IDS if name in data}
    return {**ids, "type": "track", "event": type_, "properties": without(data, *_IDS)}


def _id_of(source: str, id_: str) -> str:
    """An event's id is unique within its source only."""
    whole = f"{source} {id_}"
    return whole if len(whole) <= MAX_ID else blake2b(whole.encode(), digest_size=32).hexdigest()


_EVENT = {
    "type": "object",
    "required": ["specversion", "id", "source", "type"],
    "properties": {
        "specversion": {"const": "1.0"},
        "id": {"type": "string"},
        "source": {"type": "string"},
        "type": {"type": "string"},
        "subject": {"type": "string"},
        "time": {"type": "string", "format": "date-time"},
        "data": {"type": "object"},
    },
}

ROUTES = [
    Route(
        "/v1/events",
        _read,
        "Take in CloudEvents",
        body={
            _STRUCTURED: _EVENT,
            _BATCH: {"type": "array", "items": _EVENT},
            "application/json": {"type": "object"},
        },
    )
]
