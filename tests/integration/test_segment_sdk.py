"""The unmodified Python SDK of Segment, told nothing but another host."""

import json
from collections import Counter

import pytest
from segment.analytics.client import Client

from processors.kinds import KindRules
from processors.reading import read
from schemas.kinds import Kind
from schemas.settings import Settings
from tests.harness import WRITE_KEY, records_of

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("packed", [False, True])
def test_every_event_arrives_once_and_keyed(packed: bool, settings: Settings, gateway: str) -> None:
    troubles: list[Exception] = []
    sdk = Client(WRITE_KEY, host=gateway, gzip=packed, on_error=lambda error, _: troubles.append(error), timeout=20)
    for number in range(20):
        sdk.identify(f"user-{number}", {"plan": "pro", "age": number})
        sdk.page(anonymous_id=f"visitor-{number}", name="Home")
        for order in range(5):
            sdk.track(f"user-{number}", "Order Completed", {"revenue": 10.5, "currency": "EUR", "order": order})
    sdk.flush()
    sdk.shutdown()
    assert troubles == []

    records = records_of(settings, "touchpoints")
    events = [json.loads(record.value) for record in records]
    assert Counter(event["type"] for event in events) == {"identify": 20, "page": 20, "track": 100}
    assert len({event["messageId"] for event in events}) == len(events) == 140
    orders = {(event["userId"], event["properties"]["order"]) for event in events if event["type"] == "track"}
    assert orders == {(f"user-{number}", order) for number in range(20) for order in range(5)}
    partitions: dict[bytes, set[int]] = {}
    for record, event in zip(records, events, strict=True):
        assert record.key.decode() == (event.get("userId") or f"anon:{event['anonymousId']}")
        partitions.setdefault(record.key, set()).add(record.partition)
        touch = read(record.value, record.timestamp / 1000, KindRules())
        assert 0 <= record.timestamp / 1000 - touch.at < 60
        assert (touch.kind, touch.amount) == ((Kind.PURCHASE, 10.5) if event["type"] == "track" else (touch.kind, None))
    assert all(len(numbers) == 1 for numbers in partitions.values())
    assert len({record.partition for record in records}) > 1
    assert not any(WRITE_KEY.encode() in record.value for record in records)


def test_a_wrong_key_is_told_to_the_sender(settings: Settings, gateway: str) -> None:
    troubles: list[Exception] = []
    sdk = Client("another-key", host=gateway, on_error=lambda error, _: troubles.append(error), max_retries=0)
    sdk.track("ada", "Order Completed")
    sdk.flush()
    sdk.shutdown()
    assert "unauthorized" in str(troubles[0])
    assert records_of(settings, "touchpoints") == []
