"""Profiles as one string each: one GET and one SET, as a stream processor's documentation would have it."""

from collections.abc import AsyncIterator

from redis.asyncio import Redis

from schemas.profile import Profile
from schemas.settings import Settings
from streams.store.documents import read_profile, write_profile


class PlainProfiles:
    """Nothing guards a profile here: whoever writes last has written."""

    def __init__(self, redis: Redis, settings: Settings) -> None:
        self._redis = redis
        self._key = settings.keyspace("profile:")

    async def get(self, customer: str) -> Profile:
        """A profile; one never seen before is new and empty."""
        return read_profile(customer, await self._redis.get(self._key + customer))

    async def set(self, profile: Profile) -> None:
        """Write a profile."""
        await self._redis.set(self._key + profile.customer, write_profile(profile))

    async def every(self) -> AsyncIterator[Profile]:
        """All profiles, in no order."""
        keys = [key async for key in self._redis.scan_iter(match=f"{self._key}*", count=1000)]
        for key, held in zip(keys, await self._redis.mget(keys), strict=True):
            yield read_profile(key.decode().removeprefix(self._key), held)
