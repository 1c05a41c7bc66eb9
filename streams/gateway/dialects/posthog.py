"""PostHog's capture API, as its SDKs speak it: events, many in a batch or one alone."""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from processors.slices import members
from streams.gateway.dialect import Asked, Reading, Route, Told, Unread
from streams.gateway.translation import (
    bag,
    campaign_of,
    instant_of,
    key_of_first,
    named,
    one_or_many,
    payload,
    present,
    tell_all,
    text_of,
    without,
)

_TYPES = {
    "$pageview": "page",
    "$screen": "screen",
    "$identify": "identify",
    "$set": "identify",
    "$set_once": "identify",
    "$create_alias": "alias",
    "$groupidentify": "group",
}
_ELSEWHERE = ("token", "distinct_id", "$anon_distinct_id", "$set", "$ip")


def _read(asked: Asked) -> Reading:
    said = payload(asked.body)
    array = one_or_many(said)
    if array is said:
        return Reading(_events(array, {}), key_of_first(array, "properties", "token"))
    parts = members(said)
    array = parts.get("batch", array)
    key = text_of(parts, "api_key") or text_of(parts, "token") or key_of_first(array, "properties", "token")
    return Reading(_events(array, parts), key)


def _events(array: bytes, parts: Mapping[str, bytes]) -> Iterator[Told | Unread]:
    yield from tell_all(array, "batch", _touchpoint, instant_of(parts, "sent_at"), ("token", "api_key"))


def _touchpoint(said: dict[str, Any]) -> dict[str, Any]:
    name, properties = named(said, "event"), bag(said, "properties")
    type_ = _TYPES.get(name, "track")
    traits = {**bag(properties, "$set"), **bag(said, "$set")}
    distinct = said.get("distinct_id", properties.get("distinct_id"))
    event: dict[str, Any] = {
        "type": type_,
        "messageId": said.get("uuid"),
        "timestamp": said.get("timestamp"),
        "properties": {**present({"$set_once": said.get("$set_once")}), **without(properties, *_ELSEWHERE)},
        "context": _context(properties),
    }
    match name:
        case "$identify":
            # Where nobody said that the former id was a visitor's, it was taken for a user's: it may be either.
            former = properties.get("$anon_distinct_id")
            event |= {"userId": distinct, "anonymousId": former, "previousId": former}
        case "$create_alias":
            event |= {"userId": properties.get("alias"), "previousId": distinct}
        case _:
            event["anonymousId" if _is_anonymous(name, distinct, properties) else "userId"] = distinct
    match type_:
        case "track":
            event["event"] = name
        case "page":
            event["name"] = properties.get("title") or properties.get("$title")
        case "screen":
            event["name"] = properties.get("$screen_name")
        case "group":
            event["groupId"] = properties.get("$group_key")
            traits = bag(properties, "$group_set")
    # A touchpoint says who somebody is in its traits, or by the way in its context.
    place = event if type_ in ("identify", "group") else event["context"]
    if traits:
        place["traits"] = traits
    return event


def _is_anonymous(name: str, distinct: Any, properties: dict[str, Any]) -> bool:
    """Whether a distinct id is a visitor's. Browsers say so, servers say that no person is meant; only for a group
    nobody says that an id was made up for want of one."""
    identified = properties.get("$is_identified")
    if isinstance(identified, bool):
        return not identified
    if properties.get("$process_person_profile") is False:
        return True
    if name == "$groupidentify":
        return _is_made_up(distinct)
    return distinct is not None and distinct == properties.get("$device_id")


def _is_made_up(distinct: Any) -> bool:
    try:
        return isinstance(distinct, str) and UUID(distinct).version is not None
    except ValueError:
        return False


def _context(properties: dict[str, Any]) -> dict[str, Any]:
    page = {"url": properties.get("$current_url"), "path": properties.get("$pathname")}
    return present(
        {
            "ip": properties.get("$ip"),
            "userAgent": properties.get("$raw_user_agent"),
            "page": present({**page, "referrer": properties.get("$referrer"), "title": properties.get("title")}),
            "campaign": campaign_of(properties),
        }
    )


_EVENT = {
    "type": "object",
    "required": ["event", "distinct_id"],
    "properties": {
        "event": {"type": "string"},
        "distinct_id": {"type": "string"},
        "properties": {"type": "object"},
        "timestamp": {"type": "string", "format": "date-time"},
        "uuid": {"type": "string"},
    },
}
_BATCH = {
    "type": "object",
    "required": ["batch"],
    "properties": {"api_key": {"type": "string"}, "batch": {"type": "array", "items": _EVENT}},
}

ROUTES = [
    Route(path, _read, "Take in what a PostHog SDK sends", body={"application/json": {"anyOf": [_BATCH, _EVENT]}})
    for way in ("/batch", "/capture", "/e", "/i/v0/e", "/i/v0/ai/batch")
    for path in (way, f"{way}/")
]
