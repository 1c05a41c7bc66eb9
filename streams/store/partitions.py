"""The state of a partition in Redis: how far it has come, who is to be looked at when, and its customers.

A step of a partition is two calls: one loads, one saves. They are Lua scripts, so each happens whole or not at all,
and the position is saved together with the profiles: what Redis holds is always the state at one place of the log.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec
from redis.asyncio import Redis

from schemas.profile import Profile
from schemas.settings import Settings
from streams.store.documents import PUBLISHED, published, read_document, write_document
from streams.store.script import Script

MOST_DUE = 1_000


@dataclass(frozen=True)
class Standing:
    """How far a partition has come.

    `position` is the offset from which the next record is to be folded, none before the first ever; `time` is the
    partition's stream time in epoch seconds.
    """

    position: int | None
    time: float


@dataclass(frozen=True)
class Loaded:
    """Where a partition stands, whose timers have come (earliest first, at most `MOST_DUE`), the profiles asked for."""

    standing: Standing
    due: Sequence[str]
    profiles: Mapping[str, Profile]


class MovedError(Exception):
    """The partition no longer stands where it was loaded: somebody else works on it, or Redis lost its last writes."""


class PartitionStore:
    """Loads and saves the steps of partitions.

    Saving is a compare-and-set twice over: on the partition's position, so that a worker that was overtaken writes
    nothing at all, and on each profile's revision, for customers who are met in more than one partition.
    """

    def __init__(self, redis: Redis, settings: Settings) -> None:
        self._customer = settings.keyspace("customer:")
        self._partition = settings.keyspace("partition:")
        self._due = settings.keyspace("due:")
        self._load, self._save = Script(redis, "load"), Script(redis, "save")

    async def load(self, partition: int, customers: Sequence[str] = (), now: float = 0.0) -> Loaded:
        """Where the partition stands, who is due at `now`, and these customers; one never seen is new and empty."""
        position, time, due, *found = await self._load(self._keys(partition, customers), (now, MOST_DUE))
        return Loaded(
            _standing(position, time),
            [customer.decode() for customer in due],
            {
                customer: read_document(customer, found[2 * place], found[2 * place + 1])
                for place, customer in enumerate(customers)
            },
        )

    async def save(
        self,
        partition: int,
        before: Standing,
        after: Standing,
        profiles: Sequence[Profile],
        timers: Mapping[str, float],
    ) -> list[str]:
        """Save what came of a step.

        `timers` are armed at their time, and removed by a time of 0. Returns the customers that somebody else saved
        since they were loaded; they were not saved, and the partition keeps its position until they are.

        Raises:
            MovedError: if the partition no longer stands at `before`; nothing was saved then.
        """
        armed: list[str] = []
        for customer, at in timers.items():
            armed += (customer, repr(at) if at else "0")
        # Redis' MessagePack knows text but no bytes.
        step = (
            _text(before.position),
            _text(after.position),
            repr(after.time),
            armed,
            PUBLISHED,
            [profile.revision for profile in profiles],
            [write_document(profile).decode() for profile in profiles],
            [published(profile) for profile in profiles],
        )
        keys = self._keys(partition, [profile.customer for profile in profiles])
        saved, *said = await self._save(keys, (msgspec.msgpack.encode(step),))
        if not saved:
            raise MovedError(f"partition {partition} stands at {said[0]}, not at {before.position}")
        return [profiles[place - 1].customer for place in said[0]]

    def _keys(self, partition: int, customers: Sequence[str]) -> list[str]:
        prefix = self._customer
        return [f"{self._partition}{partition}", f"{self._due}{partition}", *[prefix + name for name in customers]]


def _standing(position: bytes | None, time: bytes | None) -> Standing:
    return Standing(int(position) if position else None, float(time or 0.0))


def _text(position: int | None) -> str:
    return "" if position is None else str(position)
