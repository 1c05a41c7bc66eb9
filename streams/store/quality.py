"""Counts of data quality in Redis, a hash for each source, to which every gateway adds what it has counted."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from redis.asyncio import Redis

from processors.quality import Key
from schemas.settings import Settings

_SINCE, _LAST_SEEN = "since", "last_seen"


@dataclass(frozen=True)
class Counted:
    """The counts of a source; both times are epoch seconds."""

    counts: Mapping[Key, int]
    since: float
    last_seen: float


class QualityStore:
    """Adds to the counts, and reads them."""

    def __init__(self, redis: Redis, settings: Settings) -> None:
        self._redis = redis
        self._names, self._hash = settings.keyspace("quality"), settings.keyspace("quality:")

    async def add(self, source: str, added: Counted) -> None:
        """Add to the counts of a source, all of it or nothing.

        Raises:
            RedisError: if that failed, or its answer was lost.
        """
        async with self._redis.pipeline(transaction=True) as pipe:
            name = self._hash + source
            for key, count in added.counts.items():
                pipe.hincrby(name, msgspec.json.encode(key), count)
            pipe.hsetnx(name, _SINCE, str(added.since))
            pipe.hset(name, _LAST_SEEN, str(added.last_seen))
            await pipe.execute()
        await self._redis.sadd(self._names, source)

    async def load(self) -> dict[str, Counted]:
        """The counts of every source.

        Raises:
            RedisError: if it does not answer.
        """
        names: Any = await self._redis.smembers(self._names)
        sources = sorted([name.decode() for name in names])
        async with self._redis.pipeline(transaction=False) as pipe:
            for source in sources:
                pipe.hgetall(self._hash + source)
            return {source: _read(held) for source, held in zip(sources, await pipe.execute(), strict=True)}


def _read(held: dict[bytes, bytes]) -> Counted:
    counts = {
        tuple(msgspec.json.decode(name, type=list[str])): int(count)
        for name, count in held.items()
        if name.startswith(b"[")
    }
    return Counted(counts, float(held.get(_SINCE.encode(), 0)), float(held.get(_LAST_SEEN.encode(), 0)))
