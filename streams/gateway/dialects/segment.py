"""Segment's spec, as its SDKs and RudderStack's speak it: one event to the route of its type, or many in a batch."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from processors.decoding import UnreadableError, parse
from processors.slices import MAX_ITEMS, members
from schemas.touchpoint import TYPES, Touchpoint
from streams.gateway.dialect import Asked, Page, Reading, Route, Told, Unread
from streams.gateway.translation import instant_of, invalid, tell, tell_all, text_of

_MERGED = ("context", "integrations")
_IDS = ("userId", "anonymousId")


def _read_event(type_: str, asked: Asked) -> Reading:
    event = tell(asked.body, partial(_typed, type_))
    return Reading([event], text_of(members(asked.body), "writeKey"))


def _typed(type_: str, event: dict[str, Any]) -> dict[str, Any]:
    if event.get("type") not in (None, type_):
        raise invalid("type", f"this route takes {type_!r} only")
    return _merged({}, {**event, "type": type_})


def _read_batch(asked: Asked) -> Reading:
    parts = members(asked.body)
    return Reading(_many(parts), text_of(parts, "writeKey"))


def _many(parts: Mapping[str, bytes]) -> Iterator[Told | Unread]:
    translate = partial(_merged, _shared(parts))
    yield from tell_all(parts.get("batch"), "batch", translate, instant_of(parts, "sentAt"))


def _merged(shared: Mapping[str, Mapping[str, Any]], event: dict[str, Any]) -> dict[str, Any]:
    """An event with what its batch says for all of its events."""
    event.pop("writeKey", None)
    for name in _IDS:
        # What RudderStack's browser SDK says of a user whom it does not know.
        if event.get(name) == "":
            del event[name]
    for name, fields in shared.items():
        if event.get(name) is None:
            event[name] = dict(fields)
        elif isinstance(event[name], dict):
            event[name] = {**fields, **event[name]}
    return event


def _shared(parts: Mapping[str, bytes]) -> dict[str, dict[str, Any]]:
    merged = {}
    for name in _MERGED:
        raw = parts.get(name, b"null")
        if raw != b"null":
            try:
                merged[name] = parse(raw)
            except UnreadableError as error:
                code, message = error.rejection.code, error.rejection.message
                raise UnreadableError(code, f"{name} of the batch: {message}", name) from None
    return merged


def _settings(asked: Asked, key: str) -> dict[str, Any]:
    """What analytics-next gives up without: where to send, and that nothing is to be measured."""
    host = asked.headers.get("host", "")
    secure = asked.headers.get("x-forwarded-proto", "") == "https"
    return {
        "integrations": {
            "Segment.io": {"apiKey": key, "apiHost": f"{host}/v1", "protocol": "https" if secure else "http"}
        },
        "metrics": {"sampleRate": 0},
        "plan": {"track": {"__default": {"enabled": True}}},
    }


_EVENT = Touchpoint.model_json_schema(by_alias=True)
_BATCH = {
    "type": "object",
    "required": ["batch"],
    "properties": {
        "batch": {"type": "array", "maxItems": MAX_ITEMS, "items": {"type": "object"}},
        "sentAt": {"type": "string", "format": "date-time"},
        "writeKey": {"type": "string"},
        "context": {"type": "object"},
        "integrations": {"type": "object"},
    },
}

ROUTES = [
    *(
        Route(path, partial(_read_event, type_), f"Take in one {type_}", alone=True, body={"application/json": _EVENT})
        for type_ in TYPES
        for path in (f"/v1/{type_}", f"/v1/{type_[0]}")
    ),
    *(
        Route(path, _read_batch, "Take in a batch", body={"application/json": _BATCH})
        for path in ("/v1/batch", "/v1/b", "/beacon/v1/batch")
    ),
]
PAGES = [
    Page(
        "/v1/projects/{key}/settings",
        lambda asked: asked.parameters["key"],
        _settings,
        "Settings of Segment's browser SDK",
    )
]
