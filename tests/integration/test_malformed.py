"""A thousand malformed inputs over HTTP, and over Kafka: each is answered or kept, and the good ones all arrive."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from schemas.rejected import Rejected
from schemas.settings import Settings
from streams.embedded.companion import Companion
from streams.topics import declare
from tests.brokers.choice import Stack
from tests.harness import WRITE_KEY, records_of, running_gateway, settings_for, wait_until
from tests.integration.working import folded, producer_for, profiles_of, running_worker

pytestmark = pytest.mark.integration

EXAMPLES, AT_ONCE = 40, 25

_ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
_FIELDS = {
    "type": _ANY.filter(lambda value: value not in (None, "track", "identify", "page", "screen", "group", "alias")),
    "event": st.sampled_from([None, "", "   ", "x" * 300, [], {}, float("nan"), "\ud800"]),
    "userId": st.sampled_from(
        ["", " ", "null", "undefined", "-1", "000", "NaN", "[object Object]", "x" * 300, {}, [], True, "\udfff"]
    ),
    "timestamp": st.sampled_from(
        ["yesterday", "2999-01-01T00:00:00Z", "1815-12-10", "2026-13-40", 1e300, -1e300, [], {}, "", "99999-01-01"]
    ),
    "properties": st.sampled_from([[], "x", 1, {"revenue": float("nan")}, {"x": float("inf")}, {"x": "\ud800"}]),
    "context": st.sampled_from([[], "x", 1, {"x": "x" * 40_000}]),
    "messageId": st.sampled_from(["x" * 300, {}, [], True]),
}


def _spoilt(name: str, value: Any) -> bytes:
    event = {"type": "track", "event": "Order Completed", "userId": "ada", "messageId": "m"} | {name: value}
    return json.dumps(event).encode()


_DEEP = st.integers(20, 5000).map(lambda n: b'{"type":"track","event":"x","userId":"a","properties":' + b'{"a":' * n)
MALFORMED = st.one_of(
    st.binary(max_size=60).filter(lambda raw: not raw.strip().startswith(b"{")),
    _ANY.filter(lambda value: not isinstance(value, dict)).map(lambda value: json.dumps(value).encode()),
    _DEEP.map(lambda raw: raw + b"1" + b"}" * (raw.count(b"{"))),
    st.sampled_from(sorted(_FIELDS)).flatmap(lambda name: _FIELDS[name].map(lambda value: _spoilt(name, value))),
    st.just(_spoilt("event", "x")).flatmap(lambda raw: st.integers(1, len(raw) - 1).map(lambda cut: raw[:cut])),
)


@dataclass
class World:
    """A running gateway and worker, what was sent to them, and what they answered."""

    settings: Settings
    client: httpx.Client
    worker: Companion
    good: int = 0
    by_kafka: Counter[bytes] = field(default_factory=Counter)
    in_batches: int = 0
    answers: Counter[int] = field(default_factory=Counter)


@pytest.fixture(scope="module")
def world(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    own = settings_for(stack)
    declare(own)
    log: Path = tmp_path_factory.mktemp("malformed") / "worker.log"
    with (
        running_gateway(own) as url,
        httpx.Client(base_url=url, auth=(WRITE_KEY, ""), timeout=30) as client,
        running_worker(own, log) as worker,
    ):
        yield World(own, client, worker)


def _send_good(world: World) -> None:
    world.good += 1
    event = {"userId": f"good {world.good}", "event": "Order Completed", "properties": {"revenue": 1}}
    answer = world.client.post("/v1/track", json=event)
    assert (answer.status_code, answer.json()) == (200, {"success": True})


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    database=None,
)
@given(spoilt=st.lists(MALFORMED, min_size=AT_ONCE, max_size=AT_ONCE))
def test_each_is_answered_with_what_is_wrong(world: World, spoilt: list[bytes]) -> None:
    producer = producer_for(world.settings)
    for raw in spoilt:
        answer = world.client.post("/v1/track", content=raw)
        world.answers[answer.status_code] += 1
        assert answer.status_code in (400, 413), (raw, answer.text)
        assert {"code", "message", "detail"} <= answer.json().keys()
        assert answer.json()["message"]
        producer.send(world.settings.topic("touchpoints"), key=b"k", value=raw)
        world.by_kafka[raw] += 1
    _send_good(world)
    whole = [raw for raw in spoilt if _is_json(raw)]
    body = b'{"batch":[' + b",".join([*whole, json.dumps(_good_in_batch(world)).encode()]) + b"]}"
    answer = world.client.post("/v1/batch", content=body)
    assert answer.status_code == 200, answer.text
    assert [failed["index"] for failed in answer.json().get("rejected", [])] == list(range(len(whole)))
    world.in_batches += len(whole)
    producer.flush()
    producer.close()


def test_afterwards_everything_is_accounted_for(world: World) -> None:
    assert sum(world.answers.values()) == sum(world.by_kafka.values()) == EXAMPLES * AT_ONCE
    wait_until(lambda: folded(world.settings) >= world.good, within=60)
    wait_until(
        lambda: len(records_of(world.settings, "rejected")) >= sum(world.by_kafka.values()) + world.in_batches,
        within=60,
    )
    rejected = [Rejected.model_validate_json(record.value) for record in records_of(world.settings, "rejected")]
    assert Counter(one.original for one in rejected if one.source == "worker") == world.by_kafka
    assert sum(one.source == "gateway" for one in rejected) == world.in_batches
    assert all(one.rejection.message for one in rejected)
    assert set(profiles_of(world.settings)) == {f"good {number + 1}" for number in range(world.good)}
    assert world.worker.status is None
    assert world.client.get("/healthz").status_code == 200


def _good_in_batch(world: World) -> dict[str, object]:
    world.good += 1
    return {"type": "track", "userId": f"good {world.good}", "event": "Order Completed"}


def _is_json(raw: bytes) -> bool:
    """Whether it can stand in a batch without spoiling the batch itself."""
    try:
        json.loads(raw, parse_constant=_refuse)
        text = raw.decode()
    except (ValueError, RecursionError):
        return False
    return "\\ud8" not in text and "\\udf" not in text and len(raw) < 33_000


def _refuse(constant: str) -> None:
    raise ValueError(constant)
