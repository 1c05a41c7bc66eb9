"""Google Analytics 4's Measurement Protocol, with its e-commerce events under Segment's names."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import msgspec
from fastapi import Response

from processors.decoding import parse
from processors.slices import members
from streams.gateway.dialect import Asked, Reading, Route, Told, Unread
from streams.gateway.translation import bag, invalid, named, present, tell_all, without

_EVENTS = {
    "purchase": "Order Completed",
    "refund": "Order Refunded",
    "add_to_cart": "Product Added",
    "remove_from_cart": "Product Removed",
    "view_cart": "Cart Viewed",
    "begin_checkout": "Checkout Started",
    "add_shipping_info": "Checkout Step Completed",
    "add_payment_info": "Payment Info Entered",
    "view_item": "Product Viewed",
    "view_item_list": "Product List Viewed",
    "select_item": "Product Clicked",
    "add_to_wishlist": "Product Added to Wishlist",
    "view_promotion": "Promotion Viewed",
    "select_promotion": "Promotion Clicked",
    "search": "Products Searched",
    "view_search_results": "Products Searched",
    "generate_lead": "Lead Created",
    "sign_up": "Signed Up",
    "login": "Signed In",
    "first_open": "Application Installed",
    "app_update": "Application Updated",
    "app_remove": "Application Uninstalled",
    "app_exception": "Application Crashed",
    "in_app_purchase": "In App Purchase",
    "video_start": "Video Playback Started",
    "video_complete": "Video Playback Completed",
}
_PROPERTIES = {"transaction_id": "order_id", "search_term": "query", "items": "products"}
_ITEM = {"item_id": "product_id", "item_name": "name", "item_brand": "brand", "item_category": "category"}
_ITEM |= {"item_variant": "variant"}
_SOLD = ("purchase", "in_app_purchase")
_SHARED = (
    "client_id",
    "app_instance_id",
    "user_id",
    "timestamp_micros",
    "user_properties",
    "ip_override",
    "user_agent",
)
_MICROS = 1_000_000


def _read(asked: Asked) -> Reading:
    return Reading(_events(members(asked.body)), asked.query.get("api_secret"))


def _events(parts: Mapping[str, bytes]) -> Iterator[Told | Unread]:
    shared = parse(msgspec.json.encode({name: msgspec.Raw(parts[name]) for name in _SHARED if name in parts}))
    yield from tell_all(parts.get("events"), "events", partial(_touchpoint, shared))


def _touchpoint(shared: Mapping[str, Any], said: dict[str, Any]) -> dict[str, Any]:
    name, properties = named(said, "name"), _properties(said)
    at = said.get("timestamp_micros", shared.get("timestamp_micros"))
    event: dict[str, Any] = {
        "type": "track",
        "userId": shared.get("user_id"),
        "anonymousId": shared.get("client_id") or shared.get("app_instance_id"),
        "timestamp": None if at is None else _seconds(at),
        "properties": properties,
        "context": _context(shared) | present(_origin(name, properties)),
    }
    if name == "page_view":
        return event | {"type": "page", "name": properties.get("page_title")}
    if name == "screen_view":
        return event | {"type": "screen", "name": properties.get("screen_name") or properties.get("firebase_screen")}
    if name in _SOLD and "value" in properties:
        event["properties"] = {**without(properties, "value"), "revenue": properties["value"]}
    return event | {"event": _EVENTS.get(name, name)}


def _properties(said: dict[str, Any]) -> dict[str, Any]:
    properties = {_PROPERTIES.get(name, name): value for name, value in bag(said, "params").items()}
    products = properties.get("products")
    if isinstance(products, list):
        properties["products"] = [_renamed(product) for product in products]
    return properties


def _renamed(product: Any) -> Any:
    return {_ITEM.get(name, name): value for name, value in product.items()} if isinstance(product, dict) else product


def _context(shared: Mapping[str, Any]) -> dict[str, Any]:
    told = bag(shared, "user_properties")
    traits = {name: each["value"] for name, each in told.items() if isinstance(each, dict) and "value" in each}
    return present({"traits": traits, "ip": shared.get("ip_override"), "userAgent": shared.get("user_agent")})


def _origin(name: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    """Where it happened and, if the event is about that, which campaign led there."""
    page = present({"url": properties.get("page_location"), "referrer": properties.get("page_referrer")})
    if name != "campaign_details":
        return {"page": page}
    told = {each: properties.get(each) for each in ("source", "medium", "term", "content")}
    return {"page": page, "campaign": present({**told, "name": properties.get("campaign")})}


def _seconds(micros: Any) -> float:
    try:
        return float(micros) / _MICROS
    except (TypeError, ValueError, OverflowError):
        raise invalid("timestamp_micros", "microseconds since 1970 are required") from None


def _answer(_: Any) -> Response:
    return Response(status_code=204)


_BODY = {
    "type": "object",
    "required": ["events"],
    "properties": {
        "client_id": {"type": "string"},
        "user_id": {"type": "string"},
        "timestamp_micros": {"type": ["integer", "string"]},
        "events": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["name"],
                "properties": {"name": {"type": "string"}, "params": {"type": "object"}},
            },
        },
    },
}
_SECRET = {"name": "api_secret", "in": "query", "schema": {"type": "string"}, "description": "A write key."}

ROUTES = [
    Route(
        "/mp/collect",
        _read,
        "Take in what the Measurement Protocol of Google Analytics 4 says",
        answer=_answer,
        answers={"204": {"description": "What could be read is in the log."}},
        body={"application/json": _BODY},
        parameters=(_SECRET,),
    )
]
