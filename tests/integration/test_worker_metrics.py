"""What a running worker says of itself to Prometheus: the census of all customers by one of several, lag, memory."""

import os
import signal
import time
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr
from redis import Redis

from schemas.settings import Settings
from streams.embedded.stack import free_port
from tests.harness import wait_until
from tests.integration.test_worker import publish, track
from tests.integration.working import folded, producer_for, running_worker

pytestmark = pytest.mark.integration

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def samples(port: int) -> Samples:
    """All samples that a worker shows; none while it does not answer."""
    try:
        text = httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).text
    except httpx.TransportError:
        return {}
    families = text_string_to_metric_families(text)
    return {(one.name, frozenset(one.labels.items())): one.value for family in families for one in family.samples}


def active(port: int) -> float | None:
    return samples(port).get(("ebbflow_customers", frozenset({("status", "active")})))


@pytest.mark.thorough
def test_one_of_several_workers_counts_the_customers_of_all(settings: Settings, tmp_path: Path) -> None:
    """And when it is killed, another does."""
    own = settings.model_copy(update={"model_key": SecretStr("a key for this test")})
    producer, ports = producer_for(own), (free_port(), free_port())
    publish(producer, own, *[track(f"customer {n}", n, revenue=10.0, currency="EUR") for n in range(60)])
    one, two = (str(port) for port in ports)
    with (
        running_worker(own, tmp_path / "one.log", EBBFLOW_WORKER_METRICS_PORT=one) as first,
        running_worker(own, tmp_path / "two.log", EBBFLOW_WORKER_METRICS_PORT=two) as second,
    ):
        wait_until(lambda: folded(own) >= 60)
        wait_until(lambda: sorted([active(port) or 0 for port in ports]) == [0, 60], within=60)
        counting = 0 if active(ports[0]) else 1
        assert active(ports[1 - counting]) is None
        os.kill((first, second)[counting].pid, signal.SIGKILL)
        publish(producer, own, track("somebody new", 0))
        wait_until(lambda: active(ports[1 - counting]) == 61, within=60)


def test_a_worker_says_how_far_it_is_behind_and_how_full_redis_is(settings: Settings, tmp_path: Path) -> None:
    own, producer, port = settings.model_copy(update={"role": "profiles"}), producer_for(settings), free_port()

    def lag(name: str) -> dict[str, float]:
        return {dict(labels)["partition"]: value for (each, labels), value in samples(port).items() if each == name}

    with (
        running_worker(own, tmp_path / "worker.log", EBBFLOW_WORKER_METRICS_PORT=str(port)),
        Redis.from_url(own.redis_url) as redis,
    ):
        publish(producer, own, *[track(f"customer {n}", n) for n in range(40)])
        wait_until(lambda: folded(own) == 40)
        counted = {"kind": "purchase", "source": "server", "result": "folded"}
        wait_until(lambda: samples(port).get(("ebbflow_touchpoints_total", frozenset(counted.items()))) == 40)
        wait_until(lambda: lag("ebbflow_lag_records") == dict.fromkeys("0123", 0.0))
        wait_until(lambda: samples(port)[("ebbflow_redis_used_memory_bytes", frozenset())] > 0)
        # A store that answers nobody for a while: what was read waits, and that shows.
        redis.client_pause(4_000)
        began = time.monotonic()
        publish(producer, own, track("customer 1", 100), track("customer 1", 101))
        wait_until(
            lambda: sum(lag("ebbflow_lag_records").values()) == 2 and max(lag("ebbflow_lag_seconds").values()) > 1
        )
        assert time.monotonic() - began < 5
        wait_until(lambda: sum(lag("ebbflow_lag_records").values()) == 0)
