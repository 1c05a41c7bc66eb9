"""Forgetting customers who are erased: nothing about them waits any longer, at any endpoint there is or was."""

from collections.abc import Sequence
from pathlib import Path

from redis.asyncio import Redis

from schemas.settings import Settings

_ENDPOINT_KEYS = ("seen", "dead", "told")
"""One of these is there of every endpoint that was ever delivered to."""


async def forget(redis: Redis, settings: Settings, customers: Sequence[str]) -> None:
    """Remove their alerts from queues and dead letters; a delivery under way ends as it does.

    Raises:
        RedisError: if Redis does not answer; then it is to be done again.
    """
    script = redis.register_script((Path(__file__).parent / "forget.lua").read_text())
    bases, begins = set[str](), settings.keyspace("notify:")
    async for key in redis.scan_iter(match=f"{begins}*", count=1_000):
        name, _, kind = key.decode().removeprefix(begins).partition(":")
        if kind in _ENDPOINT_KEYS:
            bases.add(f"{begins}{name}:")
    for base in sorted(bases):
        await script(keys=[base], args=list(customers))
