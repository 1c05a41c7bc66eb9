"""Teaching the learner of a world through its topic, asking its store where it stands, and breaking what is there."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from pydantic import BaseModel
from redis import Redis
from redis.asyncio import Redis as AsyncRedis

from schemas.settings import Settings
from streams.store.models import Checkpoint, ModelStore
from streams.topics import OUTCOMES
from tests.integration.working import producer_for

Answer = TypeVar("Answer")


def publish(settings: Settings, those: Sequence[BaseModel]) -> None:
    """Produce outcomes, or other lessons."""
    producer = producer_for(settings)
    for each in those:
        producer.send(settings.topic(OUTCOMES), value=each.model_dump_json().encode())
    producer.close()


def asked(settings: Settings, question: Callable[[ModelStore], Awaitable[Answer]]) -> Answer:
    """What the model store says."""

    async def ask() -> Answer:
        redis = AsyncRedis.from_url(settings.redis_url)
        try:
            return await question(ModelStore(redis, settings))
        finally:
            await redis.aclose()

    return asyncio.run(ask())


def saved(settings: Settings) -> Checkpoint:
    """Where the learner stands."""
    return asked(settings, lambda store: store.checkpoint())


def flip(settings: Settings, field: str, key: str = "model") -> None:
    """One bit in the middle of what is sealed."""
    with Redis.from_url(settings.redis_url) as redis:
        held = bytearray(redis.hget(settings.keyspace(key), field))  # type: ignore[arg-type]
        held[len(held) // 2] ^= 1
        redis.hset(settings.keyspace(key), field, bytes(held))
