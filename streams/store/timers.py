"""Timers and clocks of partitions: who is to be looked at when, and how far a partition's stream time has come."""

from collections.abc import Mapping
from typing import cast

from redis.asyncio import Redis

from schemas.settings import Settings

MOST_DUE = 1_000


class TimerStore:
    """One sorted set of customers per partition, by the time at which they are due, and one stream time each.

    Timers are derived from profiles: one that fires early or twice does no harm, so they need no transaction.
    """

    def __init__(self, redis: Redis, settings: Settings) -> None:
        self._redis = redis
        self._due = settings.keyspace("due:")
        self._time = settings.keyspace("time:")

    async def due(self, partition: int, now: float) -> list[str]:
        """Customers whose timer has come at `now`, earliest first, at most `MOST_DUE`."""
        found = await self._redis.zrange(f"{self._due}{partition}", "-inf", now, byscore=True, offset=0, num=MOST_DUE)
        return [customer.decode() for customer in cast(list[bytes], found)]

    async def keep(self, partition: int, now: float, timers: Mapping[str, float]) -> None:
        """Arm timers (a time of 0 removes one) and note the partition's stream time, in one round trip."""
        key = f"{self._due}{partition}"
        armed = {customer: at for customer, at in timers.items() if at}
        removed = [customer for customer, at in timers.items() if not at]
        async with self._redis.pipeline(transaction=False) as pipe:
            if armed:
                pipe.zadd(key, armed)
            if removed:
                pipe.zrem(key, *removed)
            pipe.set(f"{self._time}{partition}", now)
            await pipe.execute()

    async def stream_time(self, partition: int) -> float:
        """How far the partition's time had come when it was last saved; 0 when never."""
        return float(await self._redis.get(f"{self._time}{partition}") or 0.0)
