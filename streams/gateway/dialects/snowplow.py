"""Snowplow's tracker protocol. A tracker knows no write key: its app id is one, unless the key comes in another way."""

from collections.abc import Mapping
from typing import Any

import msgspec
from fastapi import Response
from fastapi.responses import PlainTextResponse

from processors.decoding import parse
from processors.slices import members
from streams.gateway.dialect import Asked, Reading, Route, answered
from streams.gateway.picture import PICTURE, picture
from streams.gateway.translation import bag, invalid, key_of_first, named, present, tell, tell_all, unbase64

_CHANNELS = {"web": "web", "mob": "mobile", "app": "mobile", "srv": "server"}
_STRUCTURED = {"se_ca": "category", "se_la": "label", "se_pr": "property", "se_va": "value"}
_ORDER = {"tr_id": "order_id", "tr_tt": "revenue", "tr_cu": "currency", "tr_af": "affiliation"}
_ORDER |= {"tr_tx": "tax", "tr_sh": "shipping", "tr_ci": "city", "tr_st": "state", "tr_co": "country"}
_ITEM = {"ti_id": "order_id", "ti_sk": "sku", "ti_nm": "name", "ti_ca": "category", "ti_pr": "price"}
_ITEM |= {"ti_qu": "quantity", "ti_cu": "currency"}
_PING = {"pp_mix": "min_x", "pp_max": "max_x", "pp_miy": "min_y", "pp_may": "max_y", "url": "url"}
_PAGE = {"url": "url", "page": "title", "refr": "referrer"}
_COMMERCE = {
    "transaction": "Order Completed",
    "refund": "Order Refunded",
    "add_to_cart": "Product Added",
    "remove_from_cart": "Product Removed",
    "product_view": "Product Viewed",
    "list_view": "Product List Viewed",
    "list_click": "Product Clicked",
    "checkout_step": "Checkout Step Completed",
    "promo_view": "Promotion Viewed",
    "promo_click": "Promotion Clicked",
    "trans_error": "Payment Failed",
}
_MONEY = {"revenue": "revenue", "currency": "currency", "transaction_id": "order_id", "refund_amount": "total"}


def _read(asked: Asked) -> Reading:
    data = members(asked.body).get("data")
    key = None if data is None or "writeKey" in asked.query else key_of_first(data, "aid")
    return Reading(tell_all(data, "data", _touchpoint, secrets=("aid",)), key)


def _read_query(asked: Asked) -> Reading:
    said = {name: value for name, value in asked.query.items() if name != "writeKey"}
    event = tell(msgspec.json.encode(said), _touchpoint, secrets=("aid",))
    return Reading([event], None if "writeKey" in asked.query else asked.query.get("aid"))


def _touchpoint(said: dict[str, Any]) -> dict[str, Any]:
    true = said.get("ttm")
    entities = _entities(said)
    device = entities.get("client_session", {}).get("userId")
    event: dict[str, Any] = {
        "messageId": said.get("eid"),
        "userId": said.get("uid"),
        "anonymousId": said.get("duid") or device or said.get("tnuid") or said.get("nuid"),
        # A true timestamp is right by another clock than the sender's, and is not to be corrected.
        "timestamp": said.get("dtm") if true is None else true,
        "sentAt": said.get("stm") if true is None else None,
        "context": _context(said),
    }
    return event | _happened(said, entities)


def _happened(said: dict[str, Any], entities: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    match named(said, "e"):
        case "pv":
            return {"type": "page", "name": said.get("page"), "properties": _renamed(said, _PAGE)}
        case "pp":
            return {"type": "track", "event": "Page Pinged", "properties": _renamed(said, _PING)}
        case "se":
            return {"type": "track", "event": said.get("se_ac"), "properties": _renamed(said, _STRUCTURED)}
        case "tr":
            return {"type": "track", "event": "Order Completed", "properties": _renamed(said, _ORDER)}
        case "ti":
            return {"type": "track", "event": "Product Ordered", "properties": _renamed(said, _ITEM)}
        case "ue":
            name, data = _described(bag(_json(said, "ue_px", "ue_pr"), "data"))
            return _self_described(name, data, entities)
    raise invalid("e", "an event is one of pv, pp, se, tr, ti, ue")


def _self_described(name: str, data: dict[str, Any], entities: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    if name == "screen_view":
        return {"type": "screen", "name": data.get("name"), "properties": data}
    if name == "snowplow_ecommerce_action":
        type_ = named(data, "type")
        money = entities.get(type_, {})
        properties = {**data, **money, **_renamed(money, _MONEY)}
        return {"type": "track", "event": _COMMERCE.get(type_, type_), "properties": properties}
    return {"type": "track", "event": name, "properties": data}


def _entities(said: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """What an event carries along, by the name of its schema; of two with one name the last."""
    if said.get("cx") is None and said.get("co") is None:
        return {}
    found = _json(said, "cx", "co").get("data")
    if not isinstance(found, list):
        raise invalid("cx", "an array of self-describing JSON is required")
    return dict(_described(entity) for entity in found if isinstance(entity, dict))


def _described(said: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Name and content of self-describing JSON: `iglu:vendor/name/format/version`."""
    schema = named(said, "schema").split("/")
    if len(schema) != 4:
        raise invalid("schema", "iglu:vendor/name/format/version is required")
    return schema[1], bag(said, "data")


def _json(said: dict[str, Any], packed: str, plain: str) -> dict[str, Any]:
    return parse(unbase64(named(said, packed)) if said.get(packed) is not None else named(said, plain).encode())


def _renamed(said: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {ours: said[theirs] for theirs, ours in names.items() if theirs in said}


def _context(said: dict[str, Any]) -> dict[str, Any]:
    platform = said.get("p")
    return present(
        {
            "ip": said.get("ip"),
            "userAgent": said.get("ua"),
            "locale": said.get("lang"),
            "timezone": said.get("tz"),
            "channel": _CHANNELS.get(platform) if isinstance(platform, str) else None,
            "page": _renamed(said, _PAGE),
        }
    )


def _answer(_: Any) -> Response:
    return PlainTextResponse("ok")


_EVENT = {"type": "object", "required": ["e"], "properties": {"e": {"enum": ["pv", "pp", "se", "tr", "ti", "ue"]}}}
_BODY = {
    "type": "object",
    "required": ["data"],
    "properties": {"schema": {"type": "string"}, "data": {"type": "array", "items": _EVENT}},
}

ROUTES = [
    Route(
        "/com.snowplowanalytics.snowplow/tp2",
        _read,
        "Take in what Snowplow trackers send",
        answer=_answer,
        answers=answered("What could be read is in the log.", "text/plain", {"const": "ok"}),
        body={"application/json": _BODY},
    ),
    Route("/i", _read_query, "Take in what a Snowplow tracker asks for", method="GET", answer=picture, answers=PICTURE),
]
