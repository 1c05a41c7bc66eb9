"""Case 7: poison stalls no partition, and a slow Redis makes a worker slower, not fatter."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from kafka import KafkaProducer

from streams.embedded.companion import Companion
from streams.embedded.stack import free_port
from tests.faults.proxy import SlowNetwork
from tests.faults.traffic import Sent, history, touchpoint
from tests.faults.world import World
from tests.harness import wait_until

pytestmark = [pytest.mark.faults, pytest.mark.integration, pytest.mark.timeout(180)]

WAITING, PADDING = 20_000, 9_000
"""Touchpoints that wait in Kafka, and bytes of each: 180 MB, if a worker took them all at once."""
MORE_MEMORY = 130.0
"""MiB by which a slowed worker may grow; 24 are what Kafka hands over at once."""
SLOW, LAG = 0.3, 8.0
"""Seconds that each call of Redis takes, and the lag that a worker has to show before it is over."""

POISON = [
    b"", b"null", b"[]", b"\xff\xfe\x00", b"not json", b'{"type":"track"}', b'{"type":"track","userId":"a"',
    b"{" * 9_000, b'{"type":"dance","userId":"a","event":"x"}', b'"' + b"x" * 200_000 + b'"',
    b'{"type":"track","userId":7,"event":{}}', None,
]  # fmt: skip


def test_poison_stalls_no_partition(world: World) -> None:
    """Tried without the guards (`UnreadableError` being caught in `Reader`, rejected records being published in
    `Stepper`): the worker stopped at the first, and kept none of the 600."""
    sent = history()
    producer = KafkaProducer(bootstrap_servers=world.settings.broker_url, acks="all")
    topic = world.settings.topic("touchpoints")
    with world.worker(at="after-publish", nth=6, EBBFLOW_BATCH_RECORDS="50") as worker:
        for first in range(0, len(sent), 40):
            for number, poison in enumerate(POISON):
                producer.send(
                    topic, poison, b"poison", partition=(first + number) % 4, timestamp_ms=sent[first].timestamp
                )
            producer.flush()
            world.publish(sent[first : first + 40])
        producer.close()
        world.dies(worker)
    poisoned = len(POISON) * len(range(0, len(sent), 40))
    with world.worker(EBBFLOW_BATCH_RECORDS="50"):
        world.settles(len(sent), end=len(sent) + poisoned)
    figures = world.verified(complete=True, clean=world.undisturbed(sent))
    assert figures["rejected"] == poisoned


def test_a_slow_redis_makes_the_worker_slower_and_not_fatter(world: World) -> None:
    """Tried without the guard (`Ledger.has_room` always having room): 198 MiB more on Apache Kafka, where 83 are usual,
    and 49 on the embedded broker."""
    redis, port = urlsplit(world.settings.redis_url), free_port()
    assert redis.port
    with SlowNetwork(redis.port) as network:
        slowed = {"EBBFLOW_REDIS_URL": f"redis://127.0.0.1:{network.port}{redis.path}"}
        now = datetime.now(UTC)
        sent = [_padded(touchpoint(f"customer {n % 400}", n, now, "Signed In")) for n in range(WAITING)]
        with world.worker(EBBFLOW_BATCH_RECORDS="50", EBBFLOW_WORKER_METRICS_PORT=str(port), **slowed) as worker:
            world.publish(sent[:1000])
            world.settles(1000)
            before = most = _resident(worker)
            network.delay = SLOW
            world.publish(sent[1000:])

            def lags() -> bool:
                nonlocal most
                most = max(most, _resident(worker))
                return _lag(port) > LAG

            wait_until(lags, within=60)
            slowly = world.folded()
            network.delay = 0.0
            wait_until(lambda: not lags() and world.folded() == len(sent), within=60)
            world.settles(len(sent))
            wait_until(lambda: _lag(port) == 0)
    world.told += [("MiB before", round(before)), ("MiB at most", round(most)), ("folded while slow", slowly - 1000)]
    assert world.verified(complete=True)["folded"] == WAITING
    assert slowly < WAITING
    assert most < before + MORE_MEMORY


def _padded(one: Sent) -> Sent:
    return replace(one, value=one.value[:-1] + b', "context": {"note": "%b"}}' % (b"x" * PADDING))


def _resident(worker: Companion) -> float:
    """MiB of memory that a process has now."""
    said = Path(f"/proc/{worker.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", said)[1]) / 1024


def _lag(port: int) -> float:
    """The greatest lag that a worker shows, in seconds."""
    said = httpx.get(f"http://127.0.0.1:{port}/metrics").text
    return max(
        (float(lag) for lag in re.findall(r"^ebbflow_lag_seconds\{.*\} (\S+)$", said, re.MULTILINE)), default=0.0
    )
