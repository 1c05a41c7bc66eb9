"""Who was erased: digests of ids, by which they are known again and by which nobody else can tell who they were.

Known ids can be looked up, as in any list of digests; what is held of an erased customer is that they were erased.
"""

from collections.abc import Collection, Mapping, Sequence
from hashlib import blake2b
from typing import cast

from redis.asyncio import Redis

from schemas.settings import Settings
from streams.store.script import Script

ERASED = "erased"
"""The set of digests in Redis."""

_AT_ONCE = 1_000


def digest_of(customer: str) -> str:
    """What is kept of an erased customer's key: 32 hexadecimal characters."""
    return blake2b(customer.encode(errors="surrogatepass"), digest_size=16).hexdigest()


class ErasedStore:
    """The set `erased` in Redis, and what has to go when somebody is added to it."""

    def __init__(self, redis: Redis, settings: Settings) -> None:
        self._redis, self._settings = redis, settings
        self._key = settings.keyspace(ERASED)
        self._erase = Script(redis, "erase")

    async def among(self, customers: Sequence[str]) -> set[str]:
        """Those of these customers who were erased."""
        if not customers:
            return set()
        found = await self._redis.smismember(self._key, [digest_of(customer) for customer in customers])
        return {customer for customer, erased in zip(customers, found, strict=True) if erased}

    async def count(self) -> int:
        """How many keys were erased."""
        return await self._redis.scard(self._key)

    async def digests(self) -> frozenset[str]:
        """All of them."""
        return frozenset(digest.decode() for digest in cast(set[bytes], await self._redis.smembers(self._key)))

    async def restore(self, digests: Collection[str]) -> None:
        """Know again who was erased."""
        waiting = list(digests)
        for first in range(0, len(waiting), _AT_ONCE):
            await self._redis.sadd(self._key, *waiting[first : first + _AT_ONCE])

    async def partitions(self) -> list[str]:
        """The numbers of the partitions that have come to something. To ask takes a while where there is much else."""
        before = self._settings.keyspace("partition:")
        found = self._redis.scan_iter(match=f"{before}*", count=_AT_ONCE)
        return [key.decode().removeprefix(before) async for key in found]

    async def erase(self, revisions: Mapping[str, int], partitions: Sequence[str]) -> bool:
        """Remove the profiles of customers, what was published of them, their timers in these partitions and what there
        is still to say of them, and know them as erased.

        All of that at once, and only if each profile still has this revision (0: there is none): whether it was done.
        """
        keyspace, keys = self._settings.keyspace, [self._key]
        for customer in revisions:
            keys += (keyspace(f"profile:{customer}"), keyspace(f"customer:{customer}"))
        for partition in partitions:
            keys += (keyspace(f"partition:{partition}"), keyspace(f"due:{partition}"))
        arguments = [len(revisions), *revisions, *map(digest_of, revisions), *revisions.values()]
        return bool(await self._erase(keys, arguments))
