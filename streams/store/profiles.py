"""Profiles in Redis, for whoever wants to read them.

`profile:<customer>` is all of it; `customer:<customer>` is a hash of the published fields, so that any service can
`HMGET` what it needs.
"""

from collections.abc import AsyncIterator, Sequence
from typing import cast

from redis.asyncio import Redis

from processors.identity import MAX_HOPS
from schemas.profile import Profile
from schemas.settings import Settings
from streams.store.documents import read_profile

_AT_ONCE = 1_000


class ProfileStore:
    """Reads profiles. Writing them belongs to the step of a partition (`streams.store.partitions`)."""

    def __init__(self, redis: Redis, settings: Settings) -> None:
        self._redis = redis
        self._key = settings.keyspace("profile:")

    def key(self, customer: str) -> str:
        """Where Redis holds the profile of a customer, for who asks for more in the same go; see `read_profile`."""
        return self._key + customer

    async def load(self, customers: Sequence[str]) -> dict[str, Profile]:
        """The profiles of these customers; one never seen before is new and empty."""
        if not customers:
            return {}
        found = cast(list[bytes | None], await self._redis.mget([self._key + customer for customer in customers]))
        return {customer: read_profile(customer, held) for customer, held in zip(customers, found, strict=True)}

    async def resolve(self, customers: Sequence[str]) -> dict[str, Profile]:
        """The profiles of these customers, or of whom they moved to."""
        found = await self.load(customers)
        for _ in range(MAX_HOPS):
            moved = {customer: one.facts.moved_to for customer, one in found.items() if one.facts.moved_to}
            if not moved:
                break
            theirs = await self.load(list(moved.values()))
            found |= {customer: theirs[to] for customer, to in moved.items()}
        return found

    async def every(self, at_once: int = _AT_ONCE) -> AsyncIterator[Profile]:
        """All profiles, in no order, so many read in one go; one that is written meanwhile may come twice."""
        waiting: list[str] = []
        async for key in self._redis.scan_iter(match=f"{self._key}*", count=at_once):
            waiting.append(key.decode().removeprefix(self._key))
            if len(waiting) == at_once:
                for profile in (await self.load(waiting)).values():
                    yield profile
                waiting.clear()
        for profile in (await self.load(waiting)).values():
            yield profile
