"""Profiles in Redis, one hash per customer, for whoever wants to read them.

`doc` is the profile as JSON, `rev` its revision; the published scores stand beside them as plain fields, so that any
service can `HMGET` them.
"""

from collections.abc import AsyncIterator, Sequence

from redis.asyncio import Redis

from schemas.profile import Profile
from schemas.settings import Settings
from streams.store.documents import read_document

_AT_ONCE = 1_000


class ProfileStore:
    """Reads profiles. Writing them belongs to the step of a partition (`streams.store.partitions`)."""

    def __init__(self, redis: Redis, settings: Settings) -> None:
        self._redis = redis
        self._key = settings.keyspace("customer:")

    async def load(self, customers: Sequence[str]) -> dict[str, Profile]:
        """The profiles of these customers; one never seen before is new and empty."""
        async with self._redis.pipeline(transaction=False) as pipe:
            for customer in customers:
                pipe.hmget(self._key + customer, "doc", "rev")
            found = await pipe.execute()
        return {
            customer: read_document(customer, doc, revision)
            for customer, (doc, revision) in zip(customers, found, strict=True)
        }

    async def every(self) -> AsyncIterator[Profile]:
        """All profiles, in no order; one that is written meanwhile may come twice."""
        waiting: list[str] = []
        async for key in self._redis.scan_iter(match=f"{self._key}*", count=_AT_ONCE):
            waiting.append(key.decode().removeprefix(self._key))
            if len(waiting) == _AT_ONCE:
                for profile in (await self.load(waiting)).values():
                    yield profile
                waiting.clear()
        for profile in (await self.load(waiting)).values():
            yield profile
