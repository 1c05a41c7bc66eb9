"""Privacy, consent, the tracking plan and data quality, through a running gateway."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from schemas.quality import Quality, SourceQuality
from schemas.rejected import Rejected
from schemas.settings import Settings
from streams.embedded.stack import EmbeddedStore, free_port
from tests.harness import WRITE_KEY, records_of, running_gateway, wait_until

pytestmark = pytest.mark.integration

READ_TOKEN = "test-read-token"
WEB_KEY, APP_KEY = "web-write-key", "app-write-key"
NO_ANALYTICS = {"consent": {"categoryPreferences": {"Analytics": False, "Advertising": True}}}
ORDER_SCHEMA = {"required": ["revenue"], "properties": {"revenue": {"type": "number"}, "coupon": {"type": "string"}}}
SECRET = "ada@secret.example"
ADDRESS = "203.0.113.195"


@contextmanager
def gateway_of(settings: Settings, **changed: Any) -> Iterator[httpx.Client]:
    own = Settings(
        **{
            **settings.model_dump(),
            "write_keys": f"{WRITE_KEY},web={WEB_KEY},app={APP_KEY}",
            "read_tokens": READ_TOKEN,
            "gateway_port": free_port(),
            **changed,
        }
    )
    with running_gateway(own) as url, httpx.Client(base_url=url, auth=(WEB_KEY, ""), timeout=20) as client:
        yield client


@pytest.fixture
def plan(tmp_path: Path) -> str:
    (tmp_path / "Order Completed.json").write_text(json.dumps(ORDER_SCHEMA))
    return str(tmp_path)


def event(**fields: Any) -> dict[str, Any]:
    return {"type": "track", "userId": "ada", "event": "Order Completed", **fields}


def batch(client: httpx.Client, *events: Any, key: str = WEB_KEY) -> dict[str, Any]:
    answer = client.post("/v1/batch", json={"batch": list(events)}, auth=(key, ""))
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def published(settings: Settings) -> list[dict[str, Any]]:
    return [json.loads(record.value) for record in records_of(settings, "touchpoints")]


def rejected(settings: Settings) -> list[Rejected]:
    return [Rejected.model_validate_json(record.value) for record in records_of(settings, "rejected")]


def quality(client: httpx.Client) -> Quality:
    answer = client.get("/v1/quality", auth=None, headers={"Authorization": f"Bearer {READ_TOKEN}"})
    assert answer.status_code == 200, answer.text
    return Quality.model_validate_json(answer.text)


def source(client: httpx.Client, name: str = "web") -> SourceQuality:
    return next(each for each in quality(client).sources if each.source == name)


def test_addresses_are_truncated_unless_told_otherwise(settings: Settings) -> None:
    told = event(context={"ip": ADDRESS}, properties={"$ip": "2001:db8:1:2::3"})
    for rule in ("truncate", "drop", "keep"):
        with gateway_of(settings, ip=rule) as client:
            batch(client, told)
    shortened, dropped, kept = sorted(published(settings), key=lambda found: found["receivedAt"])
    assert (shortened["context"], shortened["properties"]) == ({"ip": "203.0.113.0"}, {"$ip": "2001:db8:1::"})
    assert (dropped["context"], dropped["properties"]) == ({}, {})
    assert (kept["context"], kept["properties"]) == (told["context"], told["properties"])


def test_what_the_rules_remove_is_in_no_topic(settings: Settings) -> None:
    fields = {
        "traits": {"email": SECRET, "plan": "pro"},
        "context": {"ip": ADDRESS, "userAgent": SECRET},
        "properties": {"card": SECRET},
    }
    deep: Any = {"email": SECRET, "card": SECRET, "ip": ADDRESS}
    for _ in range(20):
        deep = {"in": [deep]}
    bad = [
        event(userId=None, **fields),
        event(timestamp="soon", **fields),
        event(sentAt="soon", **fields),
        event(properties=deep),
        event(timestamp="2999-01-01", **fields),
    ]
    rules = {"drop_fields": "context.userAgent,properties.card", "hash_fields": "traits.email"}
    with gateway_of(settings, **rules, hash_key="a key of some length") as client:
        answer = batch(client, event(**fields), event(type="identify", context={"traits": {"email": SECRET}}), *bad)
        assert [each["index"] for each in answer["rejected"]] == [2, 3, 4, 5, 6]
    first, second = published(settings)
    assert len(first["traits"]["email"]) == 64
    assert first["traits"]["email"] == second["context"]["traits"]["email"]
    assert (first["context"], first["properties"]) == ({"ip": "203.0.113.0"}, {})
    originals = [record.original for record in rejected(settings)]
    assert len(originals) == len(bad)
    for original, told in zip(originals, bad, strict=True):
        assert SECRET.encode() not in original
        assert ADDRESS.encode() not in original
        assert {name: json.loads(original)[name] for name in ("type", "userId", "event")} == {
            name: told[name] for name in ("type", "userId", "event")
        }


def test_a_rejected_event_that_no_rule_is_about_is_kept_as_it_came(settings: Settings) -> None:
    raw = b'{"type" : "track","userId":"undefined", "event":"x", "context":{"ip":"203.0.113.0"}}'
    with gateway_of(settings, drop_fields="traits.email") as client:
        answer = client.post("/v1/batch", content=b'{"batch":[' + raw + b"]}")
        assert len(answer.json()["rejected"]) == 1
    assert [record.original for record in rejected(settings)] == [raw]


def test_without_consent_to_analytics_nothing_is_kept(settings: Settings) -> None:
    with gateway_of(settings) as client:
        assert client.post("/v1/track", json=event(context=NO_ANALYTICS)).json() == {"success": True}
        refusing = [event(context=NO_ANALYTICS), event(context=NO_ANALYTICS, sentAt="soon"), event(context={})]
        assert batch(client, *refusing) == {"success": True}
        assert batch(client, event(context={"consent": {"categoryPreferences": {"Advertising": False}}}))["success"]
        found = source(client)
        assert (found.withheld, found.accepted, found.rejected) == (3, 2, {})
    contexts = [found["context"] for found in published(settings)]
    assert contexts == [{}, {"consent": {"categoryPreferences": {"Advertising": False}}}]
    assert rejected(settings) == []


def test_a_site_names_its_own_categories(settings: Settings) -> None:
    own = {"consent": {"categoryPreferences": {"Besuche zählen": False, "Analytics": False}}}
    with gateway_of(settings, consent={"Analytics": "none"}) as client:
        batch(client, event(context=own))
    with gateway_of(settings, consent={"Analytics": "none", "Besuche zählen": "analytics"}) as client:
        batch(client, event(context=own))
    assert len(published(settings)) == 1


def test_off_plan_is_counted_and_passes_when_warned_of(settings: Settings, plan: str) -> None:
    with gateway_of(settings, plan=plan) as client:
        for properties in ({"revenue": 1, "coupon": "X"}, {"revenue": SECRET}, {}):
            assert client.post("/v1/track", json=event(properties=properties)).status_code == 200
        batch(client, event(event="Never Planned"), event(type="page", event=None))
        found = source(client)
    assert len(published(settings)) == 5
    assert (found.accepted, found.unplanned, found.validity) == (5, 1, 0.6)
    [order] = found.plan
    assert (order.event, order.received, order.off_plan) == ("Order Completed", 3, 2)
    assert (order.violations, order.completeness) == ({"properties.revenue": 2}, {"coupon": 0.3333})


def test_off_plan_is_refused_and_kept_apart_when_told_to(settings: Settings, plan: str) -> None:
    with gateway_of(
        settings, plan=plan, plan_mode="reject", hash_fields="properties.revenue", hash_key="k" * 16
    ) as client:
        alone = client.post("/v1/track", json=event(properties={"revenue": SECRET}))
        assert (alone.status_code, alone.json()["code"], alone.json()["detail"]) == (
            400,
            "off_plan",
            "properties.revenue",
        )
        answer = batch(client, event(properties={}), event(properties={"revenue": 2}), event(event="Never Planned"))
        assert [(each["index"], each["code"]) for each in answer["rejected"]] == [(0, "off_plan")]
        assert "type: ['number']" in alone.json()["message"]
        assert "required" in answer["rejected"][0]["message"]
        found = source(client)
    assert SECRET not in alone.text
    assert len(published(settings)) == 2
    kept = rejected(settings)
    assert [(record.rejection.code, record.rejection.where) for record in kept] == [
        ("off_plan", "properties.revenue")
    ] * 2
    assert not any(SECRET.encode() in record.original for record in kept)
    assert (found.rejected, found.plan[0].off_plan, found.plan[0].received) == ({"off_plan": 2}, 2, 3)


def test_quality_is_for_those_who_may_read(settings: Settings) -> None:
    with gateway_of(settings) as client:
        assert client.get("/v1/quality", auth=None).status_code == 401
        assert client.get("/v1/quality").status_code == 401
        for wrong in (WEB_KEY, "test-read-tokem"):
            answer = client.get("/v1/quality", auth=None, headers={"Authorization": f"Bearer {wrong}"})
            assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")
        assert quality(client).sources == []


def test_every_gateway_answers_for_all_of_them(settings: Settings) -> None:
    with gateway_of(settings) as first, gateway_of(settings) as second:
        batch(first, event(messageId="m1"), event(messageId="m1"), event(userId="null"))
        batch(second, event(), event(anonymousId="v", userId=None, timestamp="2026-01-05T12:00:00Z"))
        batch(second, event(), key=APP_KEY)
        batch(second, event(), key=WRITE_KEY)
        wait_until(lambda: source(first).accepted == 4 and len(quality(first).sources) == 3, within=20)
        wait_until(lambda: source(second).accepted == 4, within=20)
        found = source(first)
    assert (found.rejected, found.duplicates, found.validity) == ({"invalid": 1}, 0.5, 0.8)
    assert found.completeness == {"userId": 0.75, "timestamp": 0.25, "messageId": 0.5, "context.library": 0.0}
    assert found.median_delay is not None
    assert found.last_seen is not None
    assert found.since is not None
    assert found.since <= found.last_seen
    with gateway_of(settings) as later:
        batch(later, event())
        answer = quality(later)
        assert {each.source: each.accepted for each in answer.sources} == {"web": 5, "app": 1, "default": 1}
        assert answer.complete


def test_without_redis_it_goes_on_counting_and_gives_it_all_later(settings: Settings) -> None:
    port = free_port()
    with gateway_of(settings, redis_url=f"redis://127.0.0.1:{port}/0") as client:
        batch(client, event(), event())
        alone = quality(client)
        assert (alone.complete, alone.sources[0].accepted) == (False, 2)
        with EmbeddedStore(port):
            wait_until(lambda: quality(client).complete, within=20)
            batch(client, event())
            with gateway_of(settings, redis_url=f"redis://127.0.0.1:{port}/0") as second:
                wait_until(lambda: [each.accepted for each in quality(second).sources] == [3], within=20)
            assert [each.accepted for each in quality(client).sources] == [3]


def test_prometheus_sees_it_without_anybodys_id(settings: Settings, plan: str) -> None:
    port = free_port()
    with gateway_of(settings, plan=plan, gateway_metrics_port=port) as client:
        batch(
            client, event(properties={"revenue": SECRET}, messageId="m1", timestamp="2026-01-05"), event(userId=SECRET)
        )
        batch(client, event(messageId="m1", context=NO_ANALYTICS), event(userId="null"))
        page = httpx.get(f"http://127.0.0.1:{port}/metrics").text
    for line in (
        'ebbflow_quality_events_total{source="web",what="accepted"} 2.0',
        'ebbflow_quality_events_total{source="web",what="withheld"} 1.0',
        'ebbflow_quality_rejected_total{code="invalid",source="web"} 1.0',
        'ebbflow_quality_complete_total{field="messageId",source="web"} 1.0',
        'ebbflow_quality_violations_total{event="Order Completed",field="properties.revenue",source="web"} 2.0',
        'ebbflow_quality_delay_seconds_count{source="web"} 1.0',
        'ebbflow_gateway_touchpoints_total{result="withheld",type="track"} 1.0',
    ):
        assert line in page.splitlines()
    assert SECRET not in page
