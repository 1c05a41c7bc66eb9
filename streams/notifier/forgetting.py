"""Forgetting customers who are erased: nothing about them waits any longer, at any endpoint there is or was."""

from collections.abc import Sequence
from pathlib import Path

from redis.asyncio import Redis

from schemas.settings import Settings

_ENDPOINT_KEYS = ("seen", "dead", "told")
"""One of these is there of every endpoint that was ever delivered to."""


async def queues_of(redis: Redis, settings: Settings) -> list[str]:
    """How the keys begin of each endpoint that something was ever put for: a look at all keys, which takes a while."""
    bases, begins = set[str](), settings.keyspace("notify:")
    async for key in redis.scan_iter(match=f"{begins}*", count=1_000):
        name, _, kind = key.decode().removeprefix(begins).partition(":")
        if kind in _ENDPOINT_KEYS:
            bases.add(f"{begins}{name}:")
    return sorted(bases)


async def forget(redis: Redis, queues: Sequence[str], customers: Sequence[str]) -> None:
    """Remove their alerts from these queues and their dead letters; a delivery under way ends as it does.

    Raises:
        RedisError: if Redis does not answer; then it is to be done again.
    """
    script = redis.register_script((Path(__file__).parent / "forget.lua").read_text())
    for base in queues:
        await script(keys=[base], args=list(customers))
