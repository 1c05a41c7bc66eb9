"""The worker on a real broker and a real store: folds once, rejects what it cannot read, survives being killed."""

import json
import os
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from kafka import KafkaProducer
from kafka.admin import KafkaAdminClient

from schemas.rejected import Rejected
from schemas.settings import Settings
from tests.harness import records_of, wait_until
from tests.integration.working import folded, producer_for, profiles_of, running_worker

pytestmark = pytest.mark.integration


def track(customer: str, number: int, event: str = "Order Completed", **properties: object) -> dict[str, object]:
    return {
        "type": "track",
        "event": event,
        "userId": customer,
        "messageId": f"{customer}-{number}",
        "timestamp": datetime.now(UTC).isoformat(),
        "properties": properties,
    }


def publish(producer: KafkaProducer, settings: Settings, *events: dict[str, object]) -> None:
    for event in events:
        producer.send(
            settings.topic("touchpoints"), key=str(event["userId"]).encode(), value=json.dumps(event).encode()
        )
    producer.flush()


def test_touchpoints_become_profiles_once_though_sent_twice(settings: Settings, tmp_path: Path) -> None:
    producer = producer_for(settings)
    orders = [track(f"customer {n % 20}", n, revenue=10.25, currency="EUR") for n in range(200)]
    with running_worker(settings, tmp_path / "worker.log"):
        publish(producer, settings, *orders)
        publish(producer, settings, *orders[-20:], track("last", 0))
        wait_until(lambda: folded(settings) >= 201)
        profiles = profiles_of(settings)
    assert len(profiles) == 21
    assert sum(p.facts.money["EUR"].revenue for c, p in profiles.items() if c != "last") == 2050.0
    assert folded(settings) == 201


def test_bad_records_are_rejected_whole_and_good_ones_between_them_arrive(settings: Settings, tmp_path: Path) -> None:
    producer, topic = producer_for(settings), settings.topic("touchpoints")
    bad = [
        b"", b"not json", b"[]", b"\xff\xfe", b'{"type":"track"}', b'{"type":"dance","userId":"a"}', b"null", b"1",
        b'{"type":"track","event":"x","userId":"null"}', b'{"type":"track","event":"x","userId":"0000"}',
        b'{"type":"track","event":"x","userId":"a","timestamp":"yesterday"}',
        b'{"type":"track","event":"x","userId":"a","timestamp":"2999-01-01T00:00:00Z"}',
        b'{"type":"track","event":"x","userId":"a","properties":{"revenue":NaN}}',
        b'{"type":"track","event":"\\ud800","userId":"a"}', b"{" * 10_000, b'{"a":' * 3000 + b"1" + b"}" * 3000,
        b'{"type":"track","event":"x","userId":"a","properties":{"x":"' + b"x" * 40_000 + b'"}}',
        b'{"type":"track","event":"x","userId":{"a":1}}', b'{"type":"track","event":7.5e400,"userId":"a"}',
    ]  # fmt: skip
    huge = b"x" * 1_000_000
    with running_worker(settings, tmp_path / "worker.log"):
        for number, raw in enumerate(bad):
            producer.send(topic, key=b"k", value=raw)
            publish(producer, settings, track("good", number))
        producer.send(topic, key=b"k", value=None)
        good = json.dumps(track("from the future", 0)).encode()
        producer.send(topic, key=b"k", value=good, timestamp_ms=32_503_680_000_000)
        producer.send(topic, key=b"k", value=good, timestamp_ms=9_000_000_000_000_000)
        producer.send(topic, key=b"k", value=huge)
        producer.flush()
        wait_until(lambda: folded(settings) == len(bad) and len(records_of(settings, "rejected")) == len(bad) + 4)
    rejected = [Rejected.model_validate_json(record.value) for record in records_of(settings, "rejected")]
    assert sorted(one.original for one in rejected) == sorted([*bad, b"", good, good, huge])
    assert all(one.rejection.message and one.source == "worker" and one.key == b"k" for one in rejected)


def test_a_topic_made_anew_is_noticed_before_anything_is_skipped(settings: Settings, tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    with running_worker(settings, log):
        publish(producer_for(settings), settings, track("ada", 0))
        wait_until(lambda: folded(settings) == 1)
    admin = KafkaAdminClient(bootstrap_servers=settings.broker_url)
    admin.delete_topics([settings.topic("touchpoints")])
    admin.close()
    with running_worker(settings, log) as worker:
        wait_until(lambda: worker.status is not None)
        assert worker.status == 1
    assert "was made anew" in log.read_text()


def test_a_killed_worker_loses_and_doubles_nothing(settings: Settings, tmp_path: Path) -> None:
    producer = producer_for(settings)
    events = [track(f"customer {n % 97}", n, revenue=1.0) for n in range(6000)]
    log = tmp_path / "worker.log"
    with running_worker(settings, log, EBBFLOW_BATCH_RECORDS="200") as worker:
        publish(producer, settings, *events[:3000])
        wait_until(lambda: folded(settings) > 500)
        os.kill(worker.pid, signal.SIGKILL)
    publish(producer, settings, *events[3000:])
    with running_worker(settings, log, EBBFLOW_BATCH_RECORDS="200"):
        wait_until(lambda: folded(settings) >= 6000, within=60)
    profiles = profiles_of(settings)
    assert len(profiles) == 97
    assert sum(p.facts.money[""].orders for p in profiles.values()) == 6000
    assert sum(p.facts.money[""].revenue for p in profiles.values()) == 6000.0


def test_two_workers_share_the_partitions_and_double_nothing(settings: Settings, tmp_path: Path) -> None:
    producer = producer_for(settings)
    events = [track(f"customer {n % 50}", n) for n in range(4000)]
    with running_worker(settings, tmp_path / "one.log", EBBFLOW_BATCH_RECORDS="100"):
        publish(producer, settings, *events[:2000])
        wait_until(lambda: folded(settings) > 100)
        with running_worker(settings, tmp_path / "two.log", EBBFLOW_BATCH_RECORDS="100"):
            publish(producer, settings, *events[2000:])
            wait_until(lambda: folded(settings) >= 4000, within=60)
    assert folded(settings) == 4000


def test_a_producer_that_keys_at_random_doubles_nothing(settings: Settings, tmp_path: Path) -> None:
    producer, topic = producer_for(settings), settings.topic("touchpoints")
    with (
        running_worker(settings, tmp_path / "one.log", EBBFLOW_BATCH_RECORDS="50"),
        running_worker(settings, tmp_path / "two.log", EBBFLOW_BATCH_RECORDS="50"),
    ):
        for number in range(3000):
            event = track(f"customer {number % 5}", number, revenue=1.0)
            producer.send(topic, value=json.dumps(event).encode(), partition=number % 4)
        producer.flush()
        wait_until(lambda: folded(settings) >= 3000, within=60)
    profiles = profiles_of(settings)
    assert len(profiles) == 5
    assert [p.facts.money[""].orders for p in profiles.values()] == [600] * 5
    assert all(len(p.at) > 1 for p in profiles.values())


def test_a_worker_that_is_asked_to_stop_commits_first(settings: Settings, tmp_path: Path) -> None:
    producer, log = producer_for(settings), tmp_path / "worker.log"
    with running_worker(settings, log) as worker:
        publish(producer, settings, *(track(f"customer {n}", n) for n in range(100)))
        wait_until(lambda: folded(settings) == 100)
        assert worker.stop(within=20) == 0
    admin = KafkaAdminClient(bootstrap_servers=settings.broker_url)
    group = settings.topic("ebbflow")
    committed = admin.list_group_offsets(group)[group]
    admin.close()
    assert sum(offset.offset for tp, offset in committed.items() if tp.topic.endswith("touchpoints")) == 100


def test_silence_is_noticed_by_the_clock_alone(settings: Settings, tmp_path: Path) -> None:
    quick = settings.model_copy(
        update={
            "lateness": timedelta(0),
            "policy": settings.policy.model_copy(
                update={
                    "horizon": timedelta(seconds=2),
                    "activity": timedelta(seconds=6),
                    "engagement_window": timedelta(seconds=1),
                    "predict_every": timedelta(seconds=1),
                }
            ),
        }
    )
    with running_worker(quick, tmp_path / "worker.log"):
        producer = producer_for(quick)
        publish(producer, quick, track("first", 0))
        wait_until(lambda: folded(quick) == 1)
        publish(producer, quick, *(track(f"customer {n}", n) for n in range(20)))
        wait_until(lambda: len(records_of(quick, "outcomes")) >= 20)
        wait_until(lambda: all(p.judgements.scores is None for p in profiles_of(quick).values()))
    outcomes = [json.loads(record.value) for record in records_of(quick, "outcomes")]
    assert len({outcome["id"] for outcome in outcomes}) == len(outcomes)
    assert all(outcome["churned"] for outcome in outcomes)


def test_a_worker_waits_for_redis_and_says_so(settings: Settings, tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    nowhere = "redis://:secret-word@127.0.0.1:1/0"
    with running_worker(settings, log, EBBFLOW_REDIS_URL=nowhere, EBBFLOW_GIVE_UP_AFTER="2s") as worker:
        wait_until(lambda: worker.status is not None)
        assert worker.status == 1
    said = log.read_text()
    assert "127.0.0.1:1" in said
    assert "EBBFLOW_REDIS_URL" in said
    assert "secret-word" not in said
