"""Mixpanel's API, as its SDKs speak it: events, and what is told of people."""

from collections.abc import Iterable
from hashlib import blake2b
from typing import Any

import msgspec
from fastapi import Response
from fastapi.responses import JSONResponse

from streams.gateway.dialect import REJECTED, Asked, Reading, Refused, Route, answered, rejected
from streams.gateway.refusal import Refusal
from streams.gateway.translation import (
    bag,
    campaign_of,
    invalid,
    key_of_first,
    named,
    one_or_many,
    payload,
    present,
    tell_all,
    without,
)

_DEVICE = "$device:"
_OF_EVENTS = ("token", "distinct_id", "time", "$insert_id", "ip", "$user_id", "$device_id")
_OF_PEOPLE = ("$token", "$distinct_id", "$time", "$ip", "$set")


def _read_events(asked: Asked) -> Reading:
    array = one_or_many(payload(asked.body))
    events = tell_all(array, "data", _event, secrets=("token",))
    return Reading(events, key_of_first(array, "properties", "token"))


def _read_people(asked: Asked) -> Reading:
    array = one_or_many(payload(asked.body))
    return Reading(tell_all(array, "data", _person, secrets=("$token",)), key_of_first(array, "$token"))


def _event(said: dict[str, Any]) -> dict[str, Any]:
    name, properties = named(said, "event"), bag(said, "properties")
    page = present({"url": properties.get("$current_url"), "referrer": properties.get("$referrer")})
    event: dict[str, Any] = {
        "messageId": properties.get("$insert_id"),
        "timestamp": properties.get("time"),
        "properties": without(properties, *_OF_EVENTS),
        "context": present({"ip": properties.get("ip"), "page": page, "campaign": campaign_of(properties)}),
    }
    match name:
        case "$identify":
            known, former = properties.get("$identified_id", properties.get("distinct_id")), properties.get("$anon_id")
            # Where nobody said that the former id was a visitor's, it was taken for a user's: it may be either.
            return event | {"type": "identify", "userId": known, "anonymousId": former, "previousId": former}
        case "$create_alias":
            known, former = properties.get("alias"), properties.get("distinct_id")
            return event | {"type": "alias", "userId": known, "previousId": former}
        case "$merge":
            match properties.get("$distinct_ids"):
                case [former, known]:
                    return event | {"type": "alias", "userId": known, "previousId": former}
            raise invalid("properties.$distinct_ids", "two ids are required")
        case "$mp_web_page_view":
            title = properties.get("current_page_title")
            return event | {"type": "page", "name": title} | _who(properties)
    return event | {"type": "track", "event": name} | _who(properties)


def _who(properties: dict[str, Any]) -> dict[str, Any]:
    """Ids of an event: a distinct id is a user's, unless it is that of a device."""
    user, device, distinct = (properties.get(name) for name in ("$user_id", "$device_id", "distinct_id"))
    ids = {} if device is None else {"anonymousId": device}
    if user is not None:
        return {**ids, "userId": user}
    return ids if distinct == device else {**ids, **_whose(distinct)}


def _whose(distinct: Any) -> dict[str, Any]:
    if isinstance(distinct, str) and distinct.startswith(_DEVICE):
        return {"anonymousId": distinct.removeprefix(_DEVICE)}
    return {"userId": distinct}


def _person(said: dict[str, Any]) -> dict[str, Any]:
    """What is told of a person: traits that are set, or a charge. Mixpanel's sums and lists stay with the event, as a
    trait has one value; erasing is not for the holders of write keys."""
    if "$delete" in said:
        raise invalid("$delete", "erase a customer with DELETE /v1/customers/{id}, which takes an admin token")
    event: dict[str, Any] = {
        **_whose(said.get("$distinct_id")),
        "messageId": _id_of(said) if "$time" in said else None,
        "timestamp": said.get("$time"),
        "context": present({"ip": said.get("$ip")}),
    }
    charge = bag(bag(said, "$append") if isinstance(said.get("$append"), dict) else {}, "$transactions")
    if "$amount" in charge:
        properties = {**without(charge, "$amount", "$time"), "revenue": charge["$amount"]}
        at = charge.get("$time", event["timestamp"])
        return event | {"type": "track", "event": "Order Completed", "properties": properties, "timestamp": at}
    return event | {"type": "identify", "traits": bag(said, "$set"), "properties": without(said, *_OF_PEOPLE)}


def _id_of(said: dict[str, Any]) -> str:
    """An update has no id of its own; one that is sent again has the same time, to the microsecond, and content."""
    return blake2b(msgspec.json.encode(said, order="deterministic"), digest_size=16).hexdigest()


def _answer(refused: Iterable[Refused]) -> Response:
    # 1 also where an event was refused: an SDK that buffers would send the whole batch again, for ever.
    return JSONResponse({"status": 1, "error": None, **rejected(refused)})


def _refuse(refusal: Refusal) -> Response:
    said = {"code": refusal.code, "message": refusal.message, "detail": refusal.detail}
    return JSONResponse({"status": 0, "error": refusal.message, **said}, refusal.status, refusal.headers)


_FORM = {"type": "object", "required": ["data"], "properties": {"data": {"type": "string"}}}
_BODY = {
    "application/x-www-form-urlencoded": _FORM,
    "application/json": {"anyOf": [{"type": "object"}, {"type": "array", "items": {"type": "object"}}]},
}
_ANSWERS = answered(
    "What could be read is in the log; events that were refused are named.",
    "application/json",
    {
        "type": "object",
        "required": ["status", "error"],
        "properties": {"status": {"const": 1}, "error": {"type": "null"}, "rejected": REJECTED},
    },
)

ROUTES = [
    Route(path, read, f"Take in {what}", answer=_answer, answers=_ANSWERS, refuse=_refuse, body=_BODY)
    for path, read, what in (
        ("/track", _read_events, "Mixpanel events"),
        ("/import", _read_events, "Mixpanel events of former days"),
        ("/engage", _read_people, "what Mixpanel's SDKs tell of people"),
    )
]
