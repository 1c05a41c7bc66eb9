"""What every client says, in Segment's words: kinds, ids, times and money."""

import json
import math
from collections.abc import Callable
from typing import Any

import pytest

from processors.decoding import UnreadableError
from processors.kinds import KindRules
from processors.reading import read as read_record
from processors.slices import MAX_ITEMS
from schemas.kinds import Kind
from schemas.rejected import Rejection, RejectionCode
from streams.gateway.dialect import Refused
from streams.gateway.dialects import PAGES
from streams.gateway.refusal import Refusal
from tests.unit import sent
from tests.unit.asking import RECEIVED, asked, read, route, take, told

RULES = KindRules()
MEANT = "2026-11-22T18:11:04.000Z"
"""A second before it was received, as it happened a second before it was sent."""


def of(event: dict[str, Any], *names: str) -> tuple[Any, ...]:
    return tuple(event.get(name) for name in names)


def kind_and_money(event: dict[str, Any]) -> tuple[Kind | None, float | None, str]:
    touch = read_record(json.dumps(event).encode(), RECEIVED, RULES)
    return touch.kind, touch.amount, touch.currency


def test_posthog_events() -> None:
    order, visit, set_, once, group, alias, page = told("/batch/", sent.posthog_batch(*sent.POSTHOG))
    assert {event["messageId"] for event in (order, visit, alias)} == {sent.UUID}
    assert {event["timestamp"] for event in (order, visit, alias)} == {MEANT}
    assert of(order, "type", "event", "userId", "anonymousId") == ("track", "Order Completed", "ada", None)
    assert kind_and_money(order) == (Kind.PURCHASE, 12.5, "EUR")
    assert order["context"]["traits"] == {"plan": "pro"}
    assert of(visit, "type", "userId", "anonymousId") == ("track", None, sent.VISITOR)
    assert of(set_, "type", "userId", "traits") == ("identify", "ada", {"email": "ada@example.com"})
    assert of(once, "type", "userId", "traits") == ("identify", "ada", None)
    assert once["properties"]["$set_once"] == {"first": "1"}
    assert of(group, "type", "userId", "groupId", "traits") == ("group", "ada", "acme", {"size": 3})
    assert of(alias, "type", "userId", "previousId") == ("alias", "ada", sent.VISITOR)
    assert of(page, "type", "userId", "name") == ("page", "ada", "Basket")
    assert page["context"]["page"] == {"url": "https://shop.example/basket", "title": "Basket"}


def test_posthog_in_a_browser() -> None:
    identify, view = told("/e/", sent.POSTHOG_BROWSER)
    assert of(identify, "type", "userId", "anonymousId", "previousId") == ("identify", "ada", *[sent.VISITOR] * 2)
    assert identify["traits"] == {"plan": "pro"}
    assert of(view, "type", "userId", "anonymousId") == ("track", None, sent.VISITOR)
    assert view["context"]["campaign"] == {"source": "letter", "name": "spring"}
    assert view["context"]["ip"] == "192.0.2.7"
    assert not any("token" in event["properties"] for event in (identify, view))


def test_a_group_of_nobody_makes_no_user() -> None:
    event = sent.posthog_event("$groupidentify", sent.VISITOR, properties={"$group_key": "acme"})
    [group] = told("/batch/", sent.posthog_batch(event))
    assert of(group, "userId", "anonymousId") == (None, sent.VISITOR)


MANY: list[tuple[str, Callable[..., Any], dict[str, Any], dict[str, str]]] = [
    ("/batch/", lambda *events: {"batch": events}, sent.POSTHOG_BROWSER[1], {}),
    ("/track", lambda *events: events, sent.MIXPANEL[0], {}),
    ("/engage", lambda *events: events, sent.PEOPLE[0], {}),
    ("/mp/collect", lambda *events: {**sent.GA4, "events": events}, sent.GA4["events"][0], {}),
    ("/com.snowplowanalytics.snowplow/tp2", sent.snowplow, sent.SNOWPLOW[0], {}),
    ("/v1/events", lambda *events: events, sent.CLOUD_EVENT, sent.BATCH),
]


@pytest.mark.parametrize(("path", "batch", "event", "headers"), MANY)
def test_a_bad_event_fails_alone(path: str, batch: Callable[..., Any], event: Any, headers: dict[str, str]) -> None:
    body = json.dumps(batch(event, "bad", event)).encode()
    with_more = json.dumps(event).encode()[:-1]
    for bad in (b"5", b"[]", b'"x"', b"NaN", b"{}", b"[" * 999 + b"]" * 999, with_more + b',"x":"\xff\\ud800"}'):
        taken = take(path, body.replace(b'"bad"', bad), headers=headers)
        assert (len(taken.accepted), [refused.index for refused in taken.refused]) == (2, [1]), bad[:20]
        assert taken.refused[0].rejection.message
        assert b'"wk"' not in taken.refused[0].original


@pytest.mark.parametrize(("path", "batch", "event", "headers"), MANY)
def test_a_request_has_so_many_events(
    path: str, batch: Callable[..., Any], event: Any, headers: dict[str, str]
) -> None:
    assert len(take(path, batch(*[event] * MAX_ITEMS), headers=headers).accepted) == MAX_ITEMS
    for last in (event, math.nan):
        with pytest.raises(UnreadableError) as error:
            take(path, batch(*[event] * MAX_ITEMS, last), headers=headers)
        assert error.value.rejection.code is RejectionCode.TOO_LARGE


@pytest.mark.parametrize(
    ("path", "query", "headers", "body"), [(p, *seed) for p, s in sent.SEEDS.items() for seed in s]
)
def test_every_way_of_sending_carries_its_key(path: str, query: str, headers: dict[str, str], body: bytes) -> None:
    reading = route(path).read(asked(query, headers, body))
    if path in ("/v1/events", "/v1/track", "/v1/pixel.gif"):
        assert reading.key is None, "the header's or the query's, which the gateway itself looks for"
    else:
        assert reading.key == "wk"
    events = told(path, body, query, headers)
    assert events
    values = str([event.values() for event in events] + [event.get("properties") for event in events])
    assert "'wk'" not in values


def test_mixpanel_events() -> None:
    order, view, signed, alias, merge, identify = told("/track", sent.mixpanel(sent.MIXPANEL))
    assert of(order, "type", "event", "userId", "messageId") == ("track", "Order Completed", "ada", sent.UUID)
    assert order["timestamp"] == "2026-11-22T18:10:41.283Z"
    assert kind_and_money(order) == (Kind.PURCHASE, 12.5, "EUR")
    assert of(view, "userId", "anonymousId") == (None, "d-1")
    assert view["context"] == {"ip": "192.0.2.7", "campaign": {"source": "letter"}}
    assert of(signed, "userId", "anonymousId") == ("ada", "d-1")
    for link in (alias, merge):
        assert of(link, "type", "userId", "previousId") == ("alias", "ada", "d-1")
    assert of(identify, "type", "userId", "anonymousId", "previousId") == ("identify", "ada", "d-1", "d-1")


def test_where_a_visit_came_from_is_read_of_mixpanel_and_ga4() -> None:
    page = {"url": "https://shop.example/?gclid=1", "referrer": "https://www.google.com/"}
    of_mixpanel = sent.mixpanel_event("x", **{"$current_url": page["url"], "$referrer": page["referrer"]})
    [seen] = told("/track", sent.mixpanel(of_mixpanel))
    assert seen["context"]["page"] == page
    where = {"page_location": page["url"], "page_referrer": page["referrer"]}
    campaign = {"source": "news", "medium": "email", "campaign": "May"}
    events = [{"name": "scroll", "params": where}, {"name": "campaign_details", "params": {**where, **campaign}}]
    scrolled, led = told("/mp/collect", {**sent.GA4, "events": events}, sent.GA4_QUERY)
    assert (scrolled["context"]["page"], scrolled["context"].get("campaign")) == (page, None)
    assert led["context"]["campaign"] == {"source": "news", "medium": "email", "name": "May"}


def test_mixpanel_takes_seconds_and_milliseconds() -> None:
    events = [sent.mixpanel_event("x", time=time) for time in (1795371041, 1795371041000, "1795371041")]
    assert {event["timestamp"] for event in told("/track", events)} == {"2026-11-22T18:10:41.000Z"}
    assert {event["timestamp"] for event in told("/import", events)} == {"2026-11-22T18:10:41.000Z"}


def test_mixpanel_people() -> None:
    set_, add, charge = told("/engage", sent.mixpanel(sent.PEOPLE))
    assert of(set_, "type", "userId", "traits") == ("identify", "ada", {"$email": "ada@example.com"})
    assert of(add, "type", "properties") == ("identify", {"$add": {"visits": 1}})
    assert kind_and_money(charge) == (Kind.PURCHASE, 50.5, "")
    assert charge["timestamp"] == "2026-11-22T18:10:00.000Z"
    again = told("/engage", sent.mixpanel(sent.PEOPLE))
    assert [event["messageId"] for event in again] == [event["messageId"] for event in (set_, add, charge)]
    assert len({event["messageId"] for event in again}) == 3


def test_a_write_key_erases_nobody() -> None:
    [refused] = take("/engage", sent.mixpanel([sent.person(**{"$delete": ""})])).refused
    assert refused.rejection.where == "$delete"
    assert b"wk" not in refused.original


def test_what_mixpanel_is_answered() -> None:
    """Its SDK takes 1 for success, and reads the error of anything else."""
    refused = Refused(0, "track", Rejection(code=RejectionCode.INVALID, message="no", where="time"), b"")
    for found in ([], [refused]):
        answer = route("/track").answer(found)
        body = json.loads(answer.body)
        assert (answer.status_code, body["status"], body["error"]) == (200, 1, None)
        assert ("rejected" in body) == bool(found)
    answer = route("/track").refuse(Refusal(401, "unauthorized", "a write key is missing"))
    assert answer.status_code == 401
    assert json.loads(answer.body).items() >= {"status": 0, "error": "a write key is missing"}.items()


def test_ga4_events() -> None:
    order, added, page, screen, begun = told("/mp/collect", sent.GA4, sent.GA4_QUERY)
    for event in (order, added, page, screen, begun):
        assert of(event, "userId", "anonymousId") == ("ada", "123.456")
        assert event["context"].items() >= {"traits": {"plan": "pro"}, "ip": "192.0.2.7"}.items()
    assert of(order, "type", "event", "timestamp") == ("track", "Order Completed", "2026-11-22T18:10:59.530Z")
    assert kind_and_money(order) == (Kind.PURCHASE, 99.99, "USD")
    assert order["properties"] == {
        "order_id": "T-1",
        "revenue": 99.99,
        "currency": "USD",
        "products": [{"product_id": "s-1", "name": "Shoe", "price": 99.99, "quantity": 1}],
    }
    assert added["event"] == "Product Added"
    assert kind_and_money(added) == (Kind.CONSIDER, None, "")
    assert of(page, "type", "name") == ("page", "Shop")
    assert of(screen, "type", "name") == ("screen", "Home")
    assert of(begun, "event", "timestamp") == ("tutorial_begin", "2026-11-22T18:10:59.000Z")
    assert route("/mp/collect").answer([]).status_code == 204


def test_ga4_without_a_user_or_a_date() -> None:
    [event] = told("/mp/collect", {"client_id": "123.456", "events": [{"name": "login"}]})
    assert of(event, "event", "userId", "anonymousId") == ("Signed In", None, "123.456")
    assert event["timestamp"] == event["receivedAt"]


def test_snowplow_events() -> None:
    page, ping, struct, order, item, started, screen, bought, true = told(
        "/com.snowplowanalytics.snowplow/tp2", sent.snowplow(*sent.SNOWPLOW)
    )
    assert of(page, "type", "name", "userId", "anonymousId") == ("page", "Shop", None, "d-1")
    assert page["context"].items() >= {"ip": "192.0.2.7", "channel": "web"}.items()
    assert of(page, "messageId", "timestamp") == (sent.UUID, "2026-11-22T18:11:04.530Z")
    assert of(ping, "event", "anonymousId") == ("Page Pinged", "n-1")
    assert of(struct, "event", "userId") == ("Product Added", "ada")
    assert struct["properties"] == {"category": "shop", "label": "s-1", "value": "2"}
    assert kind_and_money(order) == (Kind.PURCHASE, 42.5, "EUR")
    assert kind_and_money(item)[0] is not Kind.PURCHASE
    assert of(started, "event", "userId", "anonymousId") == ("subscription_started", "ada", "d-1")
    assert started["properties"] == {"revenue": 5, "plan": "größer"}
    assert kind_and_money(started)[:2] == (Kind.PURCHASE, 5)
    assert of(screen, "type", "name") == ("screen", "Home")
    assert kind_and_money(bought) == (Kind.PURCHASE, 7.5, "GBP")
    assert bought["properties"]["order_id"] == "o-2"
    assert true["timestamp"] == "2023-11-14T22:13:20.000Z"


def test_snowplow_by_query() -> None:
    for (query, headers, body), event in zip(sent.SEEDS["/i"], sent.SNOWPLOW, strict=True):
        by_query = told("/i", body, query, headers)
        by_body = told("/com.snowplowanalytics.snowplow/tp2", sent.snowplow(event))
        assert by_query == by_body
    assert route("/i").method == "GET"
    assert route("/i").answer([]).headers["content-type"] == "image/gif"
    assert route("/com.snowplowanalytics.snowplow/tp2").answer([]).body == b"ok"


def test_a_snowplow_app_id_is_no_key_where_another_is_given() -> None:
    body = sent.snowplow(*sent.SNOWPLOW)
    assert read("/com.snowplowanalytics.snowplow/tp2", body).key == "wk"
    assert read("/com.snowplowanalytics.snowplow/tp2", body, "writeKey=other").key is None


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (sent.STRUCTURED, sent.CLOUD_EVENT),
        (sent.BATCH, [sent.CLOUD_EVENT]),
        (sent.CLOUD_HEADERS, sent.CLOUD_EVENT["data"]),
    ],
)
def test_cloud_events(headers: dict[str, str], body: Any) -> None:
    [event] = told("/v1/events", body, headers=headers)
    assert of(event, "type", "event", "userId") == ("track", "Order Completed", "ada")
    assert of(event, "messageId", "timestamp") == ("/shop/orders A-1", "2026-11-22T18:10:59.530Z")
    assert kind_and_money(event) == (Kind.PURCHASE, 12.5, "EUR")


def test_a_cloud_event_with_a_touchpoint_inside() -> None:
    inside = {"type": "identify", "anonymousId": "d-1", "traits": {"plan": "pro"}, "messageId": "m-1"}
    for name in ("identify", "com.example.Identify"):
        whole = {**sent.CLOUD_EVENT, "type": name, "data": inside}
        [event] = told("/v1/events", whole, headers=sent.STRUCTURED)
        assert of(event, "type", "userId", "anonymousId", "messageId") == ("identify", None, "d-1", "m-1")
    order = {"type": "track", "event": "Order Completed", "properties": {"revenue": 3}}
    [event] = told("/v1/events", {**sent.CLOUD_EVENT, "data": order}, headers=sent.STRUCTURED)
    assert of(event, "type", "event", "userId", "properties") == ("track", "Order Completed", "ada", {"revenue": 3})
    [event] = told("/v1/events", {**sent.CLOUD_EVENT, "data": {"userId": "eve"}}, headers=sent.STRUCTURED)
    assert of(event, "type", "userId", "properties") == ("track", "eve", {})


@pytest.mark.parametrize("name", ["Order Completed", "com.example.page.published", "identify"])
def test_a_cloud_event_is_called_what_it_says_whatever_its_data_is_called(name: str) -> None:
    page = {"type": "page", "userId": "eve", "name": "About us", "event": "Order Completed"}
    [event] = told("/v1/events", {**sent.CLOUD_EVENT, "type": name, "data": page}, headers=sent.STRUCTURED)
    assert of(event, "type", "event", "userId") == ("track", name, "eve")
    assert event["properties"] == {"type": "page", "name": "About us", "event": "Order Completed"}


def test_cloud_events_in_headers_are_percent_encoded() -> None:
    headers = {**sent.CLOUD_HEADERS, "ce-subject": "ad%C3%A4", "ce-type": "Signed%20In"}
    [event] = told("/v1/events", b"", headers=headers)
    assert of(event, "event", "userId") == ("Signed In", "adä")


@pytest.mark.parametrize(
    "headers",
    [
        {"content-type": "application/cloudevents+xml"},
        {"content-type": "application/cloudevents-batch+avro", "ce-specversion": "1.0"},
        {"content-type": "text/plain"},
        {},
    ],
)
def test_a_format_of_cloud_events_that_is_unknown(headers: dict[str, str]) -> None:
    with pytest.raises(Refusal) as refusal:
        read("/v1/events", sent.CLOUD_EVENT, headers=headers)
    assert refusal.value.status == 415


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"specversion": "0.3"}, "specversion"),
        ({"id": ""}, "id"),
        ({"type": None}, "type"),
        ({"source": 5}, "source"),
        ({"data": [1]}, "data"),
        ({"data_base64": "AAAA"}, "data_base64"),
        ({"subject": None}, ""),
        ({"time": "yesterday"}, "timestamp"),
    ],
)
def test_a_cloud_event_that_is_none_fails_alone(change: dict[str, Any], where: str) -> None:
    bad = {**sent.CLOUD_EVENT, **change}
    taken = take("/v1/events", [sent.CLOUD_EVENT, bad, sent.CLOUD_EVENT], headers=sent.BATCH)
    assert len(taken.accepted) == 2
    [refused] = taken.refused
    assert (refused.index, refused.rejection.where) == (1, where)
    assert json.loads(refused.original) == bad


def test_the_pixel() -> None:
    [event] = told("/v1/pixel.gif", query=sent.PIXEL_QUERY)
    assert of(event, "type", "event", "userId", "anonymousId") == ("track", "Email Opened", "ada", None)
    assert of(event, "messageId", "properties") == ("m-1", {"letter": "17"})
    assert event["context"] == {"channel": "email", "campaign": {"name": "spring"}}
    assert kind_and_money(event)[0] is Kind.ENGAGE
    for answer in (route("/v1/pixel.gif").answer([]), route("/v1/pixel.gif").refuse(Refusal(401, "x", "y"))):
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/gif")
        assert "no-store" in answer.headers["cache-control"]
        assert answer.body.startswith(b"GIF89a")


def test_what_rudderstacks_browser_sdk_asks_first() -> None:
    pages = [page for page in PAGES if page.path.startswith("/sourceConfig")]
    assert {page.path for page in pages} == {"/sourceConfig", "/sourceConfig/"}
    for page in pages:
        request = asked("p=cdn&v=3.34.1&build=modern&writeKey=wk")
        source = page.answer(request, page.key(request) or "")["source"]
        assert (source["writeKey"], source["enabled"], source["destinations"]) == ("wk", True, [])
        assert source["config"]["statsCollection"] == {"errors": {"enabled": False}, "metrics": {"enabled": False}}
