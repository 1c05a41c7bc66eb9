"""What is on the topics after an end-to-end run is what docs/asyncapi.yaml says is there."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator
from kafka.consumer.fetcher import ConsumerRecord
from ruamel.yaml import YAML

from schemas.settings import Settings
from tests.harness import WRITE_KEY, records_of, running_gateway, wait_until
from tests.integration.working import folded, producer_for, running_worker

pytestmark = pytest.mark.integration

DOCUMENT: dict[str, Any] = YAML(typ="safe").load((Path(__file__).parents[2] / "docs" / "asyncapi.yaml").read_text())
FORMATS = Draft202012Validator.FORMAT_CHECKER


def fits(schema: dict[str, Any], value: Any) -> bool:
    whole = {**schema, "components": DOCUMENT["components"]}
    return Draft202012Validator(whole, format_checker=FORMATS).is_valid(value)


def is_as_documented(topic: str, record: ConsumerRecord) -> bool:
    """Whether a record is one of its channel's messages, by its payload, headers and key."""
    names = DOCUMENT["channels"][topic]["messages"]
    headers = {name: value.decode() for name, value in record.headers}
    key = None if record.key is None else record.key.decode()
    return any(
        fits(message["payload"], json.loads(record.value))
        and fits(message.get("headers", {}), headers)
        and (key is None or fits(message["bindings"]["kafka"]["key"], key))
        for message in (DOCUMENT["components"]["messages"][name] for name in names)
    )


def test_what_is_on_the_topics_is_what_is_documented(settings: Settings, tmp_path: Path) -> None:
    paces = {"horizon": 2, "engagement_window": 1, "predict_every": 1, "activity": 6}
    soon = {name: timedelta(seconds=pace) for name, pace in paces.items()}
    policy = settings.policy.model_copy(update=soon)
    quick = settings.model_copy(update={"lateness": timedelta(0), "policy": policy})
    events = [
        {"type": "identify", "userId": "ada", "anonymousId": "v1", "traits": {"plan": "pro"}},
        {"type": "page", "anonymousId": "v1", "name": "Home", "context": {"ip": "203.0.113.7"}},
        {"type": "track", "userId": "ada", "event": "Order Completed", "properties": {"revenue": 12.5}},
        {"type": "alias", "userId": "ada", "previousId": "v1"},
        {"type": "sneeze", "userId": "ada"},
        {"type": "track", "userId": "grace", "event": "Order Completed", "timestamp": "2026-03-01T12:00:00Z"},
        {"type": "track", "userId": "ada", "event": "Account Closed"},
    ]
    events += [{"type": "track", "userId": f"customer {number}", "event": "Seen"} for number in range(20)]
    with running_gateway(quick) as url, running_worker(quick, tmp_path / "worker.log"):
        httpx.post(f"{url}/v1/track", json={"userId": "first", "event": "Order Completed"}, auth=(WRITE_KEY, ""))
        wait_until(lambda: folded(quick) == 1)
        for event in events:
            answer = httpx.post(f"{url}/v1/batch", json={"batch": [event]}, auth=(WRITE_KEY, ""), timeout=20)
            assert answer.status_code == 200
        producer = producer_for(quick)
        producer.send(quick.topic("touchpoints"), key=b"ada", value=b'{"type": "track"')
        producer.close()
        for topic, expected in (("alerts", 1), ("outcomes", 1), ("rejected", 2)):
            wait_until(lambda topic=topic, expected=expected: len(records_of(quick, topic)) >= expected)
    for topic in ("alerts", "outcomes", "rejected"):
        for record in records_of(quick, topic):
            assert is_as_documented(topic, record), record
    touchpoints = [record for record in records_of(quick, "touchpoints") if record.value != b'{"type": "track"']
    assert len(touchpoints) >= len(events) - 1
    for record in touchpoints:
        assert is_as_documented("touchpoints", record), record
    assert not is_as_documented("alerts", touchpoints[0])
