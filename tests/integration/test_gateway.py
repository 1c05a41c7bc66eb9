"""The gateway: what is acknowledged is in the log, what is refused says why, and nothing makes it fall over."""

import asyncio
import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as st

from processors.kinds import KindRules
from processors.reading import read
from schemas.rejected import Rejected
from schemas.settings import Settings
from streams.embedded.stack import free_port
from tests.harness import WRITE_KEY, records_of, running_gateway

pytestmark = pytest.mark.integration

RULES = KindRules()
ORDER = {"userId": "ada", "event": "Order Completed", "properties": {"revenue": 12.5}}


@pytest.fixture
def client(gateway: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=gateway, auth=(WRITE_KEY, ""), timeout=20) as client:
        yield client


def published(settings: Settings) -> list[dict[str, Any]]:
    return [json.loads(record.value) for record in records_of(settings, "touchpoints")]


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_an_event_is_in_the_log_when_the_answer_comes(settings: Settings, client: httpx.Client) -> None:
    before = datetime.now(UTC) - timedelta(milliseconds=1)
    answer = client.post("/v1/track", json=ORDER)
    assert (answer.status_code, answer.json()) == (200, {"success": True})
    [record] = records_of(settings, "touchpoints")
    event = json.loads(record.value)
    assert record.key == b"ada"
    assert before <= instant(event["receivedAt"]) <= datetime.now(UTC)
    assert record.timestamp == round(instant(event["receivedAt"]).timestamp() * 1000)
    assert event["timestamp"] == event["receivedAt"]
    assert event["messageId"]
    assert event.items() >= {**ORDER, "type": "track"}.items()
    touch = read(record.value, record.timestamp / 1000, RULES)
    assert (touch.customer, touch.amount) == ("ada", 12.5)


def test_the_route_says_the_type(settings: Settings, client: httpx.Client) -> None:
    types = ["identify", "track", "page", "screen", "group", "alias"]
    for type_ in types:
        body = {"anonymousId": "v1", "userId": None, "event": "Signed In", "messageId": "m1"}
        assert client.post(f"/v1/{type_}", json=body).status_code == 200
        assert client.post(f"/v1/{type_}", json={**body, "type": type_}).status_code == 200
        other = client.post(f"/v1/{type_}", json={**body, "type": "alias" if type_ == "track" else "track"})
        assert (other.status_code, other.json()["detail"]) == (400, "type")
    records = records_of(settings, "touchpoints")
    assert [json.loads(record.value)["type"] for record in records] == [type_ for type_ in types for _ in range(2)]
    assert {(record.key, json.loads(record.value)["messageId"]) for record in records} == {(b"anon:v1", "m1")}


def test_clients_clocks_are_corrected(settings: Settings, client: httpx.Client) -> None:
    day = timedelta(days=1)
    wrong = datetime.now(UTC) - 400 * day
    sent, done = wrong.isoformat(), (wrong - timedelta(seconds=90)).isoformat()
    events = [
        {"userId": "a", "event": "x", "originalTimestamp": done, "sentAt": sent},
        {"userId": "a", "event": "x", "timestamp": done, "sentAt": sent},
        {"userId": "a", "event": "x", "originalTimestamp": done, "timestamp": sent, "sentAt": sent},
    ]
    for event in events:
        assert client.post("/v1/track", json=event).status_code == 200
    batch = [{"type": "track", "userId": "a", "event": "x", "timestamp": done}]
    assert client.post("/v1/batch", json={"batch": batch, "sentAt": sent}).status_code == 200
    for event in published(settings):
        assert instant(event["receivedAt"]) - instant(event["timestamp"]) == timedelta(seconds=90)
        assert event["originalTimestamp"] == done


def test_when_it_was_told_is_not_when_it_happened(settings: Settings, client: httpx.Client) -> None:
    """RudderStack's SDK for Node says when it was told beside when its caller says that it happened."""
    now = datetime.now(UTC)
    told = {"originalTimestamp": now.isoformat(), "timestamp": (now - timedelta(hours=1)).isoformat()}
    event = {"type": "track", "userId": "a", "event": "x", "sentAt": now.isoformat(), **told}
    assert client.post("/v1/batch", json={"batch": [event]}).status_code == 200
    (event,) = published(settings)
    assert instant(event["receivedAt"]) - instant(event["timestamp"]) == timedelta(hours=1)


def test_an_empty_id_is_none(settings: Settings, client: httpx.Client) -> None:
    """RudderStack's SDK for browsers says of a visitor that the user is ''."""
    assert client.post("/v1/page", json={"userId": "", "anonymousId": "v1", "name": "Home"}).status_code == 200
    assert client.post("/v1/page", json={"userId": "", "name": "Home"}).status_code == 400
    (record,) = records_of(settings, "touchpoints")
    assert record.key == b"anon:v1"


def test_without_a_time_of_sending_the_clients_date_has_to_do(settings: Settings, client: httpx.Client) -> None:
    for name in ("timestamp", "originalTimestamp"):
        assert client.post("/v1/track", json={**ORDER, name: "2026-01-05T12:00:00+01:00"}).status_code == 200
    assert {event["timestamp"] for event in published(settings)} == {"2026-01-05T11:00:00.000Z"}


def test_an_accelerated_clock_dates_what_is_received(settings: Settings) -> None:
    meets = datetime.now(UTC) - timedelta(seconds=10)
    fast = settings.model_copy(update={"clock_speed": 100_000.0, "clock_meets": meets})
    with running_gateway(fast) as url:
        assert httpx.post(f"{url}/v1/track", json=ORDER, auth=(WRITE_KEY, "")).status_code == 200
    [record] = records_of(settings, "touchpoints")
    assert timedelta(days=10) < datetime.fromtimestamp(record.timestamp / 1000, UTC) - meets < timedelta(days=100)


def test_what_a_batch_says_is_merged_into_its_events(settings: Settings, client: httpx.Client) -> None:
    body = {
        "context": {"channel": "web", "ip": "1.2.3.0"},
        "integrations": {"All": False},
        "batch": [
            {"type": "identify", "userId": "a"},
            {"type": "identify", "userId": "b", "context": {"channel": "email"}, "integrations": {"X": True}},
        ],
    }
    assert client.post("/v1/batch", json=body).json() == {"success": True}
    first, second = sorted(published(settings), key=lambda event: event["userId"])
    assert (first["context"], first["integrations"]) == (body["context"], body["integrations"])
    assert second["context"] == {"channel": "email", "ip": "1.2.3.0"}
    assert second["integrations"] == {"All": False, "X": True}


def test_a_write_key_may_come_in_three_ways(settings: Settings, gateway: str) -> None:
    wrong = "someone-elses-key"

    def post(path: str, body: dict, **more: Any) -> int:
        answer = httpx.post(f"{gateway}{path}", json=body, **more)
        assert answer.status_code == 200 or answer.json().keys() == {"code", "message", "detail"}
        assert WRITE_KEY not in answer.text
        return answer.status_code

    with_key = {**ORDER, "writeKey": WRITE_KEY}
    assert post("/v1/track", ORDER, auth=(WRITE_KEY, "")) == 200
    assert post("/v1/track", with_key) == 200
    assert post("/v1/batch", {"batch": [{**with_key, "type": "track"}], "writeKey": WRITE_KEY}) == 200
    assert post(f"/v1/track?writeKey={WRITE_KEY}", ORDER) == 200
    assert post("/v1/track", with_key, auth=("", "")) == 200
    assert post("/v1/track", ORDER) == 401
    assert post("/v1/track", with_key, auth=(wrong, "")) == 401
    assert post(f"/v1/track?writeKey={WRITE_KEY}", {**ORDER, "writeKey": wrong}) == 401
    assert post("/v1/track", {**ORDER, "writeKey": [WRITE_KEY]}) == 401
    assert post("/v1/track?writeKey=", ORDER, headers={"Authorization": "Basic !!!"}) == 401
    assert post("/v1/track", ORDER, headers={"Authorization": f"Bearer {WRITE_KEY}"}) == 401
    records = records_of(settings, "touchpoints")
    assert len(records) == 5
    assert not any(b"writeKey" in record.value for record in records)


def test_json_is_json_whatever_it_is_called(settings: Settings, client: httpx.Client) -> None:
    body = json.dumps(ORDER).encode()
    for name in ("application/json", "text/plain", "application/x-www-form-urlencoded", ""):
        for content in (body, gzip.compress(body)):
            for more in ({}, {"Content-Encoding": "gzip"}):
                headers = {"Content-Type": name, **more}
                assert client.post("/v1/track", content=content, headers=headers).status_code == 200
    assert len(published(settings)) == 16


def event(**fields: Any) -> bytes:
    return json.dumps({"type": "track", "userId": "ada", "event": "x", **fields}).encode()


BAD_EVENTS: dict[str, tuple[bytes, str, str]] = {
    "NaN": (event(properties={"revenue": float("nan")}), "not_json", ""),
    "infinity": (event(properties={"revenue": float("-inf")}), "not_json", ""),
    "lone surrogate": (event(properties={"name": "\ud800"}), "not_json", ""),
    "surrogate in a name": (event(**{"\udc00": 1}), "not_json", ""),
    "not UTF-8": (b'{"type":"track","userId":"\xff\xfe","event":"x"}', "not_json", ""),
    "a number too large": (event() [:-1] + b',"n":1e999}', "not_json", ""),
    "a number too long": (event()[:-1] + b',"n":' + b"9" * 5000 + b"}", "not_json", ""),
    "absurdly deep": (event()[:-1] + b',"properties":' + b'{"a":' * 5000 + b"1" + b"}" * 5001, "too_deep", ""),
    "too deep": (event()[:-1] + b',"properties":' + b'{"a":' * 20 + b"1" + b"}" * 21, "too_deep", ""),
    "too large": (event(properties={"note": "x" * 40_000}), "too_large", ""),
    "a number": (b"42", "not_an_object", ""),
    "null": (b"null", "not_an_object", ""),
    "an array": (b"[[]]", "not_an_object", ""),
    "no id": (event(userId=None), "invalid", ""),
    "nonsense id": (event(userId="undefined"), "invalid", ""),
    "zero id": (event(userId="00000000-0000-0000-0000-000000000000"), "invalid", ""),
    "id of a wrong type": (event(userId={"id": 1}), "invalid", "userId"),
    "long id": (event(userId="x" * 300), "invalid", "userId"),
    "no event name": (event(event=None), "invalid", ""),
    "properties of a wrong type": (event(properties="revenue"), "invalid", "properties"),
    "context of a wrong type": (event(context=[1]), "invalid", "context"),
    "unknown type": (event(type="purchase"), "invalid", "type"),
    "type of a wrong type": (event(type={"a": 1}), "invalid", "type"),
    "no date": (event(timestamp="soon"), "invalid", "timestamp"),
    "no date of sending": (event(sentAt=[], timestamp="2026-01-05"), "invalid", "sentAt"),
    "no original date": (event(originalTimestamp={}), "invalid", "originalTimestamp"),
    "before 1970": (event(timestamp="1969-07-20T20:17:40Z"), "invalid", ""),
    "before the calendar": (event(timestamp="0001-01-01T00:00:00Z", sentAt="9999-01-01T00:00:00Z"), "invalid", ""),
    "after the calendar": (event(timestamp="9999-01-01T00:00:00Z", sentAt="0001-01-01T00:00:00Z"), "invalid", ""),
    "future": (event(timestamp="2999-01-01T00:00:00Z"), "in_the_future", "timestamp"),
    "future by its own clock": (event(timestamp="2020-01-02", sentAt="2020-01-01"), "in_the_future", "timestamp"),
}  # fmt: skip


def test_a_bad_event_is_refused_and_good_ones_around_it_arrive(settings: Settings, client: httpx.Client) -> None:
    for number, (name, (raw, code, where)) in enumerate(BAD_EVENTS.items()):
        answer = client.post("/v1/track", content=raw)
        reason = answer.json()
        assert answer.status_code == (413 if code == "too_large" else 400), name
        assert reason.keys() == {"code", "message", "detail"}, name
        assert (reason["code"], reason["message"] != "", where in reason["detail"]) == (code, True, True), name
        assert client.post("/v1/track", json={**ORDER, "messageId": f"good-{number}"}).status_code == 200
    assert {event["messageId"] for event in published(settings)} == {f"good-{n}" for n in range(len(BAD_EVENTS))}


def test_a_bad_event_fails_alone_in_its_batch(settings: Settings, client: httpx.Client) -> None:
    good = [event(messageId=f"good-{number}") for number in range(len(BAD_EVENTS) + 1)]
    bad = [raw for raw, _, _ in BAD_EVENTS.values()]
    mixed = [part for pair in zip(good, bad, strict=False) for part in pair] + good[-1:]
    answer = client.post("/v1/batch", content=b'{ "batch" : [' + b" , ".join(mixed) + b'] , "context" : null }')
    assert answer.status_code == 200
    assert answer.json()["success"] is True
    assert [(each["index"], each["code"]) for each in answer.json()["rejected"]] == [
        (2 * number + 1, code) for number, (_, code, _) in enumerate(BAD_EVENTS.values())
    ]
    assert {event["messageId"] for event in published(settings)} == {f"good-{n}" for n in range(len(good))}
    kept = [Rejected.model_validate_json(record.value) for record in records_of(settings, "rejected")]
    assert [record.original for record in kept] == bad
    assert {record.source for record in kept} == {"gateway"}


def test_a_write_key_in_a_bad_event_is_not_kept(settings: Settings, client: httpx.Client) -> None:
    bad = b'{"type":"track","writeKey": "%s","event":"x"}' % WRITE_KEY.encode()
    assert len(client.post("/v1/batch", content=b'{"batch":[' + bad + b"]}").json()["rejected"]) == 1
    [record] = records_of(settings, "rejected")
    assert Rejected.model_validate_json(record.value).original == bad.replace(WRITE_KEY.encode(), b"")


BAD_BATCHES = [
    (b"", 400),
    (b"batch", 400),
    (b"[]", 400),
    (b"{}", 400),
    (b'{"batch":{}}', 400),
    (b'{"batch":null}', 400),
    (b'{"batch":[{"type":"identify","userId":"a"}', 400),
    (b'{"batch":[{"type":"identify","userId":"a"}]]', 400),
    (b'{"batch":[NaN}', 400),
    (b'{"batch":[{}],"sentAt":"soon"}', 400),
    (b'{"batch":[{}],"sentAt":NaN}', 400),
    (b'{"batch":[{}],"context":[]}', 400),
    (b'{"batch":[{}],"integrations":"all"}', 400),
    (b'{"batch":[{}],"context":' + b'{"a":' * 5000 + b"1" + b"}" * 5001, 400),
    (b"[" * 300_000, 400),
    (b'{"batch":"' + b'\\"' * 200_000 + b"}", 400),
    (b'{"batch":[' + b",".join([b"{}"] * 2501) + b"]}", 413),
    (b'{"batch":[' + b" " * 4_194_304 + b"]}", 413),
    (b"\x1f\x8bnot really gzip", 400),
    (gzip.compress(b'{"batch":[]}')[:-9], 400),
    (gzip.compress(b'{"batch":[]}') + b"more", 400),
    (gzip.compress(b'{"batch":[' + b" " * 50_000_000 + b"]}"), 413),
]


def test_a_batch_that_cannot_be_read_is_refused(settings: Settings, client: httpx.Client) -> None:
    for body, status in BAD_BATCHES:
        answer = client.post("/v1/batch", content=body)
        assert (answer.status_code, answer.json().keys()) == (status, {"code", "message", "detail"}), body[:80]
        assert "Traceback" not in answer.text
    assert client.post("/v1/batch", json={"batch": []}).json() == {"success": True}
    assert published(settings) == []


def test_a_full_batch_arrives_whole(settings: Settings, client: httpx.Client) -> None:
    batch = [{"type": "track", "userId": f"u{n % 50}", "event": "x", "messageId": str(n)} for n in range(2500)]
    assert client.post("/v1/batch", json={"batch": batch}).json() == {"success": True}
    records = records_of(settings, "touchpoints")
    assert sorted(int(json.loads(record.value)["messageId"]) for record in records) == list(range(2500))
    in_order: dict[bytes, list[int]] = {}
    for record in records:
        in_order.setdefault(record.key, []).append(int(json.loads(record.value)["messageId"]))
    assert all(numbers == sorted(numbers) for numbers in in_order.values())


def test_a_body_without_a_length_is_bounded_too(client: httpx.Client) -> None:
    answer = client.post("/v1/batch", content=(b" " * 65_536 for _ in range(80)))
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_an_unknown_encoding_is_named(client: httpx.Client) -> None:
    answer = client.post("/v1/track", content=b"...", headers={"Content-Encoding": "br"})
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_encoding")


def test_other_paths_and_methods_answer_in_the_same_form(client: httpx.Client) -> None:
    assert (client.post("/v1/tracks").status_code, client.post("/v1/tracks").json()["code"]) == (404, "not_found")
    assert (client.get("/v1/track").status_code, client.get("/v1/track").json()["code"]) == (405, "method_not_allowed")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=15,
)
ODD = st.fixed_dictionaries(
    {"userId": JSON | st.just("ada"), "type": JSON | st.just("track")},
    optional=dict.fromkeys(("event", "timestamp", "sentAt", "properties", "context", "messageId", "traits"), JSON),
)
BODIES = st.one_of(
    st.binary(max_size=300),
    st.binary(max_size=300).map(gzip.compress),
    JSON.map(lambda value: json.dumps(value).encode()),
    ODD.map(lambda value: json.dumps(value).encode()),
    st.lists(ODD | JSON, max_size=4).map(lambda events: json.dumps({"batch": events}).encode()),
    st.builds(
        lambda events, cut: json.dumps({"batch": events, "sentAt": "2026-01-05"}).encode()[:-cut],
        st.lists(ODD, min_size=1, max_size=3),
        st.integers(1, 30),
    ),
)


def test_no_input_breaks_it(settings: Settings, client: httpx.Client) -> None:
    good = 0

    @given(st.sampled_from(["track", "identify", "batch"]), BODIES)
    @effort(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    def throw(route: str, body: bytes) -> None:
        nonlocal good
        answer = client.post(f"/v1/{route}", content=body)
        assert answer.status_code in (200, 400, 413)
        assert answer.json().keys() in ({"success"}, {"success", "rejected"}, {"code", "message", "detail"})
        assert client.post("/v1/track", json={**ORDER, "messageId": f"good-{good}"}).status_code == 200
        good += 1

    throw()
    records = records_of(settings, "touchpoints")
    for record in records:
        read(record.value, record.timestamp / 1000, RULES)
    ids = {json.loads(record.value)["messageId"] for record in records}
    assert ids >= {f"good-{number}" for number in range(good)}


async def test_many_clients_at_once_lose_nothing(settings: Settings, gateway: str) -> None:
    async with httpx.AsyncClient(base_url=gateway, auth=(WRITE_KEY, ""), timeout=30) as client:
        answers = await asyncio.gather(
            *(client.post("/v1/track", json={**ORDER, "messageId": str(number)}) for number in range(60))
        )
    assert {answer.status_code for answer in answers} == {200}
    assert {event["messageId"] for event in published(settings)} == {str(number) for number in range(60)}


def test_health_and_metrics(settings: Settings) -> None:
    own = settings.model_copy(update={"gateway_metrics_port": free_port()})
    with running_gateway(own) as url, httpx.Client(base_url=url, auth=(WRITE_KEY, ""), timeout=20) as client:
        assert (client.get("/healthz").status_code, client.get("/healthz").json()["broker"]) == (200, "reachable")
        client.post("/v1/track", json=ORDER)
        client.post("/v1/track", json={})
        client.post("/v1/batch", content=msgspec.json.encode({"batch": [{"type": "page", "userId": "a"}, 1]}))
        client.post("/nowhere/ada")
        httpx.post(f"{url}/track", json=[{"event": "x", "properties": {"token": "nobody's"}}])
        httpx.post(f"{url}/v1/page", json={}, headers=[("Origin", "https://elsewhere.example")])
        assert client.get("/metrics").status_code == 404
        page = httpx.get(f"http://127.0.0.1:{own.gateway_metrics_port}/metrics").text
    for line in (
        'ebbflow_gateway_requests_total{route="/v1/track",status="200"} 1.0',
        'ebbflow_gateway_requests_total{route="/v1/track",status="400"} 1.0',
        'ebbflow_gateway_requests_total{route="/v1/batch",status="200"} 1.0',
        'ebbflow_gateway_requests_total{route="other",status="404"} 2.0',
        'ebbflow_gateway_refused_requests_total{code="invalid"} 1.0',
        'ebbflow_gateway_refused_requests_total{code="not_found"} 2.0',
        'ebbflow_gateway_refused_requests_total{code="unauthorized"} 1.0',
        'ebbflow_gateway_refused_requests_total{code="origin_not_allowed"} 1.0',
        'ebbflow_gateway_refused_requests_total{code="redis_unavailable"} 0.0',
        'ebbflow_gateway_touchpoints_total{result="accepted",type="track"} 1.0',
        'ebbflow_gateway_touchpoints_total{result="rejected",type="track"} 1.0',
        'ebbflow_gateway_touchpoints_total{result="accepted",type="page"} 1.0',
        'ebbflow_gateway_touchpoints_total{result="rejected",type="unknown"} 1.0',
        'ebbflow_gateway_request_seconds_count{route="/v1/track"} 2.0',
    ):
        assert line in page.splitlines()
    assert "ada" not in page
