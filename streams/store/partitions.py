"""The state of a partition in Redis: how far it has come, who is to be looked at when, and its customers.

A step of a partition is two calls: one loads, one saves. They are Lua scripts, so each happens whole or not at all,
and the position is saved together with the profiles: what Redis holds is always the state at one place of the log. What
a step has to say is saved with it, too, and published afterwards: it is said as it was decided, however often
something fails in between, and somebody whose step was refused has said nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import uuid4

import msgspec
from redis.asyncio import Redis

from schemas.profile import Profile
from schemas.settings import Settings
from streams.store.documents import PUBLISHED, published, read_profile, write_profile
from streams.store.script import Script

MOST_DUE = 1_000

Message = tuple[str, str, str]
"""What a step has to say: the name of a topic (without prefix), a key, and JSON."""


@dataclass(frozen=True)
class Standing:
    """How far a partition has come.

    `position` is the offset from which the next record is to be folded, none before the first ever; `time` is the
    partition's stream time in epoch seconds; `step` names the last step that was saved.
    """

    position: int | None
    time: float
    step: str = ""


@dataclass(frozen=True)
class Loaded:
    """Where a partition stands, what its last step had to say while that may not be published, whose timers have come
    (earliest first, at most `MOST_DUE`), and the profiles asked for."""

    standing: Standing
    unsaid: Sequence[Message]
    due: Sequence[str]
    profiles: Mapping[str, Profile]


@dataclass(frozen=True)
class Saved:
    """Where a partition stands after a step, and the customers that somebody else saved since they were loaded: nothing
    of those was saved, and the partition keeps its position until they are."""

    standing: Standing
    conflicts: Sequence[str]


class MovedError(Exception):
    """Another step was saved since this one was loaded: somebody else works on the partition, or an answer was lost."""


class PartitionStore:
    """Loads and saves the steps of partitions.

    Saving is a compare-and-set twice over: on the partition's last step, so that a worker that was overtaken writes
    nothing at all, and on each profile's revision, for customers who are met in more than one partition.
    """

    def __init__(self, redis: Redis, settings: Settings) -> None:
        self._profile, self._customer = settings.keyspace("profile:"), settings.keyspace("customer:")
        self._partition, self._due = settings.keyspace("partition:"), settings.keyspace("due:")
        self._load, self._save = Script(redis, "load"), Script(redis, "save")
        self._writer, self._steps = uuid4().hex, 0

    async def load(
        self, partition: int, customers: Sequence[str] = (), now: float = 0.0, published: str = ""
    ) -> Loaded:
        """Where the partition stands, who is due at `now`, and these customers; one never seen is new and empty.

        `published` is the last step whose messages are, which are forgotten then.
        """
        keys = [*self._keys(partition), *[self._profile + customer for customer in customers]]
        position, time, step, messages, due, *found = await self._load(keys, (now, MOST_DUE, published))
        return Loaded(
            Standing(int(position) if position else None, float(time or 0.0), (step or b"").decode()),
            _read_messages(messages) if messages else (),
            [customer.decode() for customer in due],
            {customer: read_profile(customer, held) for customer, held in zip(customers, found, strict=True)},
        )

    async def save(
        self,
        partition: int,
        before: Standing,
        position: int | None,
        time: float,
        profiles: Sequence[Profile],
        timers: Mapping[str, float],
        messages: Mapping[str, Sequence[Message]],
    ) -> Saved:
        """Save what came of a step that was loaded at `before`, with the position and the time it has come to.

        `timers` are armed at their time, and removed by a time of 0; `messages` are those of each customer.

        Raises:
            MovedError: if the partition's last step is no longer that of `before`; nothing was saved then.
        """
        armed: list[str] = []
        for customer, at in timers.items():
            armed += (customer, repr(at) if at else "0")
        self._steps += 1
        name = f"{self._writer}:{self._steps}"
        step = (
            before.step,
            "" if position is None else str(position),
            repr(time),
            name,
            armed,
            PUBLISHED,
            [profile.revision for profile in profiles],
            [_as_text(write_profile(profile)) for profile in profiles],
            [published(profile) for profile in profiles],
            [messages.get(profile.customer, ()) for profile in profiles],
        )
        keys = self._keys(partition)
        for profile in profiles:
            keys += (self._profile + profile.customer, self._customer + profile.customer)
        saved, answer = await self._save(keys, (msgspec.msgpack.encode(step),))
        if not saved:
            raise MovedError(f"partition {partition}: the last step is {answer.decode()}, not {before.step}")
        conflicts = [profiles[place - 1].customer for place in answer]
        reached = (before.position, before.time) if conflicts else (position, time)
        return Saved(Standing(*reached, name), conflicts)

    def _keys(self, partition: int) -> list[str]:
        return [f"{self._partition}{partition}", f"{self._due}{partition}"]


_read_messages = msgspec.msgpack.Decoder(list[Message]).decode


def _as_text(held: bytes) -> msgspec.Raw:
    """Bytes that travel as text: Redis' MessagePack has no bytes, and does not mind."""
    return msgspec.Raw(b"\xdb" + len(held).to_bytes(4, "big") + held)
