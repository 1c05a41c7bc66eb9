"""Running workers as users do: a process of its own, set up by its environment, killed when the test says so."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import CompletedProcess

from kafka import KafkaProducer
from pydantic import SecretStr
from redis import Redis
from redis.asyncio import Redis as AsyncRedis

from schemas.profile import Profile
from schemas.settings import Settings
from streams.embedded.companion import Companion
from streams.store.profiles import ProfileStore
from tests.nursery import Forked, run


def environment_of(settings: Settings) -> dict[str, str]:
    """The environment in which a process has just these settings."""
    environment = {}
    for name, value in settings.model_dump(mode="json", exclude={"policy", "kinds"}, exclude_none=True).items():
        held = getattr(settings, name)
        environment[f"EBBFLOW_{name.upper()}"] = held.get_secret_value() if isinstance(held, SecretStr) else str(value)
    for name, value in settings.policy.model_dump(mode="json", exclude_none=True, exclude={"rules"}).items():
        environment[f"EBBFLOW_POLICY__{name.upper()}"] = value if isinstance(value, str) else json.dumps(value)
    return environment


@contextmanager
def running_worker(settings: Settings, log: Path, **more: str) -> Iterator[Companion]:
    """A worker process, killed when the block ends; metrics are off unless a port is given."""
    environment = {**environment_of(settings), "EBBFLOW_WORKER_METRICS_PORT": "0", **more}
    with Forked("worker", "streams.cli", ["worker"], log, environment) as worker:
        try:
            yield worker
        finally:
            worker.stop(within=0)


def ebbflow(settings: Settings, *words: str, answer: str = "") -> CompletedProcess[str]:
    """Run an `ebbflow` command to its end, in a wide terminal; what it finds on its standard input is the answer."""
    environment = {**environment_of(settings), "COLUMNS": "200"}
    return run("streams.cli", *words, environment=environment, answer=answer)


def profiles_of(settings: Settings) -> dict[str, Profile]:
    """All profiles, by customer."""

    async def load() -> dict[str, Profile]:
        redis = AsyncRedis.from_url(settings.redis_url)
        try:
            return {profile.customer: profile async for profile in ProfileStore(redis, settings).every()}
        finally:
            await redis.aclose()

    return asyncio.run(load())


def folded(settings: Settings) -> int:
    """How many touchpoints all profiles hold, by the fields that are published beside them."""
    with Redis.from_url(settings.redis_url) as redis, redis.pipeline(transaction=False) as pipe:
        for key in redis.scan_iter(settings.keyspace("customer:*"), count=5000):
            pipe.hget(key, "touchpoints")
        return sum(int(found or 0) for found in pipe.execute())


def producer_for(settings: Settings) -> KafkaProducer:
    """A plain producer, as any Kafka user would have."""
    return KafkaProducer(bootstrap_servers=settings.broker_url, acks="all", linger_ms=5)
