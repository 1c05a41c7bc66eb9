"""What clients of every dialect send, as their SDKs sent it to a server that wrote it down; ids and words are ours."""

import json
from base64 import b64encode, urlsafe_b64encode
from typing import Any
from urllib.parse import urlencode

AT = "2026-11-22T18:10:59.362077+00:00"
SENT = "2026-11-22T18:11:00.362077+00:00"
UUID = "48d68e12-eeb9-47f7-9084-3efa1eb62e5a"
VISITOR = "1e2381b5-aa8a-4da1-b0e7-ab8a29c6695e"
TIME = 1795371041.283256
MILLIS = "1795371059530"
SECOND = "1795371060000"

_LIB = {"$lib": "posthog-python", "$lib_version": "7.91.1", "$geoip_disable": True, "$is_server": True}
_MP_LIB = {"mp_lib": "python", "$lib_version": "5.4.1"}


def form(**fields: Any) -> bytes:
    return urlencode(fields).encode()


def compact(said: Any) -> str:
    return json.dumps(said, separators=(",", ":"))


def posthog_event(event: str, distinct_id: str = "ada", /, **more: Any) -> dict[str, Any]:
    properties = {**more.pop("properties", {}), **_LIB}
    return {"event": event, "distinct_id": distinct_id, "properties": properties, "timestamp": AT, "uuid": UUID, **more}


def posthog_batch(*events: dict[str, Any]) -> dict[str, Any]:
    return {"batch": list(events), "historical_migration": False, "sent_at": SENT, "api_key": "wk"}


POSTHOG = [
    posthog_event("Order Completed", properties={"revenue": 12.5, "currency": "EUR", "$set": {"plan": "pro"}}),
    posthog_event("Pricing Viewed", VISITOR, properties={"$process_person_profile": False}),
    posthog_event("$set", **{"$set": {"email": "ada@example.com"}}),
    posthog_event("$set_once", **{"$set_once": {"first": "1"}}),
    posthog_event(
        "$groupidentify",
        properties={"$group_type": "company", "$group_key": "acme", "$group_set": {"size": 3}},
    ),
    posthog_event("$create_alias", VISITOR, properties={"distinct_id": VISITOR, "alias": "ada"}),
    posthog_event("$pageview", properties={"$current_url": "https://shop.example/basket", "title": "Basket"}),
]
"""As posthog-python sends them."""

POSTHOG_BROWSER = [
    {
        "event": "$identify",
        "uuid": UUID,
        "timestamp": AT,
        "$set": {"plan": "pro"},
        "properties": {
            "token": "wk",
            "distinct_id": "ada",
            "$anon_distinct_id": VISITOR,
            "$device_id": VISITOR,
            "$is_identified": True,
            "$lib": "web",
        },
    },
    {
        "event": "Product Viewed",
        "uuid": UUID,
        "timestamp": AT,
        "properties": {
            "token": "wk",
            "distinct_id": VISITOR,
            "$device_id": VISITOR,
            "$is_identified": False,
            "$current_url": "https://shop.example/shoes",
            "$ip": "192.0.2.7",
            "utm_source": "letter",
            "utm_campaign": "spring",
        },
    },
]
"""As posthog-js sends them."""


def mixpanel_event(event: str, distinct_id: str = "ada", /, **properties: Any) -> dict[str, Any]:
    own = {"token": "wk", "distinct_id": distinct_id, "time": TIME, "$insert_id": UUID, **_MP_LIB}
    return {"event": event, "properties": {**own, **properties}}


def mixpanel(said: Any) -> bytes:
    return form(data=compact(said), verbose=1, ip=0)


def person(**update: Any) -> dict[str, Any]:
    return {"$token": "wk", "$time": TIME, "$distinct_id": "ada", **update}


MIXPANEL = [
    mixpanel_event("Order Completed", revenue=12.5, currency="EUR"),
    mixpanel_event("Product Viewed", "$device:d-1", **{"$device_id": "d-1", "utm_source": "letter", "ip": "192.0.2.7"}),
    mixpanel_event("Signed In", **{"$user_id": "ada", "$device_id": "d-1"}),
    {"event": "$create_alias", "properties": {"distinct_id": "d-1", "alias": "ada", "token": "wk"}},
    {"event": "$merge", "properties": {"$distinct_ids": ["d-1", "ada"], "token": "wk"}},
    {"event": "$identify", "properties": {"$identified_id": "ada", "$anon_id": "d-1", "token": "wk"}},
]
PEOPLE = [
    person(**{"$set": {"$email": "ada@example.com"}}),
    person(**{"$add": {"visits": 1}}),
    person(**{"$append": {"$transactions": {"$amount": 50.5, "$time": "2026-11-22T18:10:00", "sku": "s-1"}}}),
]

GA4_QUERY = "measurement_id=G-1&api_secret=wk"
GA4: dict[str, Any] = {
    "client_id": "123.456",
    "user_id": "ada",
    "timestamp_micros": 1795371059530000,
    "user_properties": {"plan": {"value": "pro"}},
    "ip_override": "192.0.2.7",
    "events": [
        {
            "name": "purchase",
            "params": {
                "transaction_id": "T-1",
                "value": 99.99,
                "currency": "USD",
                "items": [{"item_id": "s-1", "item_name": "Shoe", "price": 99.99, "quantity": 1}],
            },
        },
        {"name": "add_to_cart", "params": {"currency": "USD", "value": 7.77}},
        {"name": "page_view", "params": {"page_location": "https://shop.example/", "page_title": "Shop"}},
        {"name": "screen_view", "params": {"screen_name": "Home"}},
        {"name": "tutorial_begin", "timestamp_micros": "1795371059000000", "params": {}},
    ],
}

_TRACKER = {"p": "web", "tv": "py-1.1.0", "tna": "ns", "aid": "wk", "dtm": MILLIS, "stm": SECOND, "eid": UUID}


def described(schema: str, data: Any) -> dict[str, Any]:
    return {"schema": f"iglu:{schema}/jsonschema/1-0-0", "data": data}


def packed(said: Any) -> str:
    return urlsafe_b64encode(json.dumps(said, ensure_ascii=False).encode()).decode()


def self_described(schema: str, data: Any, *entities: dict[str, Any]) -> dict[str, Any]:
    envelope = described("com.snowplowanalytics.snowplow/unstruct_event", described(schema, data))
    event = {"e": "ue", "uid": "ada", "duid": "d-1", **_TRACKER, "ue_px": packed(envelope)}
    if entities:
        event["cx"] = packed(described("com.snowplowanalytics.snowplow/contexts", list(entities)))
    return event


def snowplow(*events: dict[str, Any]) -> dict[str, Any]:
    return {"schema": "iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4", "data": list(events)}


SNOWPLOW = [
    {"e": "pv", "url": "https://shop.example/", "page": "Shop", "duid": "d-1", "ip": "192.0.2.7", **_TRACKER},
    {"e": "pp", "url": "https://shop.example/", "pp_miy": "0", "pp_may": "300", "nuid": "n-1", **_TRACKER},
    {"e": "se", "se_ca": "shop", "se_ac": "Product Added", "se_la": "s-1", "se_va": "2", "uid": "ada", **_TRACKER},
    {"e": "tr", "tr_id": "o-1", "tr_tt": "42.5", "tr_cu": "EUR", "uid": "ada", **_TRACKER},
    {"e": "ti", "ti_id": "o-1", "ti_sk": "s-1", "ti_pr": "10", "ti_qu": "2", "uid": "ada", **_TRACKER},
    self_described("com.example/subscription_started", {"revenue": 5, "plan": "größer"}),
    self_described("com.snowplowanalytics.mobile/screen_view", {"id": UUID, "name": "Home"}),
    self_described(
        "com.snowplowanalytics.snowplow.ecommerce/snowplow_ecommerce_action",
        {"type": "transaction"},
        described(
            "com.snowplowanalytics.snowplow.ecommerce/transaction",
            {"transaction_id": "o-2", "revenue": 7.5, "currency": "GBP"},
        ),
    ),
    {**self_described("com.example/order_placed", {"total": 3}), "ttm": "1700000000000"},
]

CLOUD_EVENT: dict[str, Any] = {
    "specversion": "1.0",
    "id": "A-1",
    "source": "/shop/orders",
    "type": "Order Completed",
    "subject": "ada",
    "time": "2026-11-22T18:10:59.53Z",
    "datacontenttype": "application/json",
    "data": {"revenue": 12.5, "currency": "EUR"},
}
CLOUD_HEADERS = {
    **{f"ce-{name}": value for name, value in CLOUD_EVENT.items() if name not in ("data", "datacontenttype")},
    "content-type": "application/json; charset=utf-8",
}
STRUCTURED = {"content-type": "application/cloudevents+json; charset=utf-8"}
BATCH = {"content-type": "application/cloudevents-batch+json"}

PIXEL_QUERY = "writeKey=wk&userId=ada&messageId=m-1&utm_campaign=spring&letter=17&anonymousId="

_ORDER = {"type": "track", "userId": "ada", "event": "Order Completed", "timestamp": AT, "properties": {"revenue": 1}}
_KNOWN = {"type": "identify", "userId": "ada", "anonymousId": None, "traits": {"plan": "pro"}}
SEGMENT = {"batch": [_ORDER, _KNOWN], "context": {"ip": "192.0.2.7"}, "sentAt": SENT, "writeKey": "wk"}

SEEDS: dict[str, list[tuple[str, dict[str, str], bytes]]] = {
    "/v1/track": [("writeKey=wk", {}, json.dumps({**_ORDER, "sentAt": SENT}).encode())],
    "/v1/batch": [("", {}, json.dumps(SEGMENT).encode())],
    "/batch/": [
        ("", {}, json.dumps(posthog_batch(*POSTHOG)).encode()),
        ("", {}, json.dumps(POSTHOG_BROWSER).encode()),
        ("", {}, form(data=b64encode(json.dumps(POSTHOG_BROWSER[0]).encode()))),
        ("", {}, json.dumps({"api_key": "wk", **POSTHOG[0]}).encode()),
    ],
    "/track": [
        ("", {}, mixpanel(MIXPANEL)),
        ("", {}, json.dumps(MIXPANEL).encode()),
        ("", {}, form(data=b64encode(compact(MIXPANEL[0]).encode()))),
    ],
    "/engage": [("", {}, mixpanel(PEOPLE)), ("", {}, json.dumps(PEOPLE).encode())],
    "/mp/collect": [(GA4_QUERY, {}, json.dumps(GA4).encode())],
    "/com.snowplowanalytics.snowplow/tp2": [("", {}, json.dumps(snowplow(*SNOWPLOW)).encode())],
    "/i": [(urlencode(event), {}, b"") for event in SNOWPLOW],
    "/v1/events": [
        ("", STRUCTURED, json.dumps(CLOUD_EVENT).encode()),
        ("", BATCH, json.dumps([CLOUD_EVENT, CLOUD_EVENT]).encode()),
        ("", CLOUD_HEADERS, json.dumps(CLOUD_EVENT["data"]).encode()),
    ],
    "/v1/pixel.gif": [(PIXEL_QUERY, {}, b"")],
}
"""Query, headers and body of good requests, by a path of each way of reading."""
