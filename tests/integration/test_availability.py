"""Waiting for the broker and Redis: in words that help, as long as it takes, and no longer than told."""

import logging
import threading
import time
from pathlib import Path

import pytest
from kafka.errors import KafkaError
from redis import Redis

from schemas.settings import Settings, SettingsError
from streams.availability import UnavailableError, address_of_redis, reach_broker, wait_for_broker, wait_for_redis
from streams.embedded.stack import EmbeddedStack, free_port
from tests.brokers.choice import Stack
from tests.faults.store import FragileStore
from tests.harness import wait_until

pytestmark = pytest.mark.integration


def test_waiting_ends_when_both_come_up(caplog: pytest.LogCaptureFixture) -> None:
    broker, redis = free_port(), free_port()
    settings = Settings(broker_url=f"127.0.0.1:{broker}", redis_url=f"redis://:hushhush@127.0.0.1:{redis}/0")
    waits = [threading.Thread(target=wait, args=[settings]) for wait in (wait_for_broker, wait_for_redis)]
    with caplog.at_level(logging.WARNING, "streams.availability"):
        for wait in waits:
            wait.start()
        wait_until(lambda: f":{broker}" in caplog.text and f":{redis}" in caplog.text, within=10)
        assert all(wait.is_alive() for wait in waits)
        with EmbeddedStack(broker, redis):
            for wait in waits:
                wait.join(15)
            assert not any(wait.is_alive() for wait in waits)
    assert f"No Kafka broker answers at 127.0.0.1:{broker}: start one (docker compose up kafka" in caplog.text
    assert f"No Redis answers at redis://127.0.0.1:{redis}/0: start one (docker compose up redis" in caplog.text
    assert "hushhush" not in caplog.text


def test_giving_up_comes_when_told_and_not_before() -> None:
    settings = Settings(
        broker_url=f"127.0.0.1:{free_port()}", redis_url=f"redis://127.0.0.1:{free_port()}/0", give_up_after="500ms"
    )
    for wait, name in ((wait_for_broker, "EBBFLOW_BROKER_URL"), (wait_for_redis, "EBBFLOW_REDIS_URL")):
        began = time.monotonic()
        with pytest.raises(UnavailableError, match=name):
            wait(settings)
        assert 0.5 <= time.monotonic() - began < 5


def test_another_server_on_the_brokers_port_is_no_broker(stack: Stack) -> None:
    redis = stack.redis_url.removeprefix("redis://").removesuffix("/0")
    with pytest.raises(KafkaError):
        reach_broker(redis, within=0.5)


@pytest.mark.parametrize("url", ["127.0.0.1:port", "", "::1", "kafka:9092,"])
def test_an_address_that_is_none_is_refused_at_once(url: str) -> None:
    with pytest.raises(SettingsError, match="EBBFLOW_BROKER_URL"):
        wait_for_broker(Settings(broker_url=url))


@pytest.mark.parametrize("url", ["localhost:6379", "http://cache", "redis://:hush?hush@cache:1"])
def test_a_redis_url_that_is_none_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(SettingsError, match="EBBFLOW_REDIS_URL") as caught:
        wait_for_redis(Settings(redis_url=url))
    assert "hush" not in str(caught.value)


def test_a_node_of_a_redis_cluster_is_refused(tmp_path: Path) -> None:
    with FragileStore(tmp_path, "--cluster-enabled", "yes") as store:
        with Redis.from_url(store.redis_url) as redis:
            redis.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
        with pytest.raises(SettingsError, match="is a node of a Redis Cluster"):
            wait_for_redis(Settings(redis_url=store.redis_url))


def test_a_redis_that_does_not_say_what_it_is_is_taken_as_it_is(tmp_path: Path) -> None:
    with FragileStore(tmp_path) as store:
        with Redis.from_url(store.redis_url) as redis:
            redis.acl_setuser("quiet", enabled=True, passwords=["+hushhush"], commands=["+@all", "-info"])
        wait_for_redis(Settings(redis_url=store.redis_url.replace("//", "//quiet:hushhush@"), give_up_after="1s"))


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://:secret@cache:6379/1", "redis://cache:6379/1"),
        ("rediss://user:secret@cache", "rediss://cache:6379/0"),
        ("redis://cache/0?password=secret", "redis://cache:6379/0"),
        ("unix://user:secret@/run/redis.sock", "unix:///run/redis.sock"),
    ],
)
def test_credentials_are_never_shown(url: str, shown: str) -> None:
    assert address_of_redis(url) == shown
