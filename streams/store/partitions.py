"""The state of a partition in Redis: how far it has come, who is to be looked at when, and its customers.

A step of a partition is a call that loads, and one or more that save (`streams.worker.saver`). They are Lua scripts, so
each happens whole or not at all, and the last one saves the position together with its profiles. What a step has to say
is saved with it, too, and published afterwards: it is said as it was decided, however often something fails in between,
and somebody whose step was refused has said nothing.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import uuid4

import msgspec
from redis.asyncio import Redis

from processors.budget import Budget
from schemas.profile import Profile
from schemas.settings import Settings
from streams.store.documents import PUBLISHED, published, read_budget, read_profile, write_budget, write_profile
from streams.store.erased import ErasedStore
from streams.store.script import Script

MOST_DUE = 1_000

_MOVED, _SPENT = 0, 2
"""What `save.lua` answers when it saved nothing."""


class Message(NamedTuple):
    """What a step has to say: the name of a topic (without prefix), a key, JSON, the time of the record in epoch
    seconds, 0 for the time at which it is sent, and the trace that led to it (`traceparent`), if one did."""

    topic: str
    key: str
    value: str
    at: float = 0.0
    trace: str = ""


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
    (earliest first, at most `MOST_DUE`), the profiles asked for, how many keys were ever erased, the budget if the
    policy has one, and those of the customers who turned out to be erased: they have no profile and need no timer."""

    standing: Standing
    unsaid: Sequence[Message]
    due: Sequence[str]
    profiles: Mapping[str, Profile]
    erasures: int = 0
    budget: Budget | None = None
    erased: Collection[str] = ()


@dataclass(frozen=True)
class Saved:
    """Where a partition stands after a step, and the customers that somebody else saved since they were loaded, or who
    are new and may be erased by now: nothing of those was saved, and the partition keeps its position until they are.
    `sizes` are the bytes of each profile."""

    standing: Standing
    conflicts: Sequence[str]
    sizes: Sequence[int]


class MovedError(Exception):
    """Another step was saved since this one was loaded: somebody else works on the partition, or an answer was lost."""


class SpentError(Exception):
    """Somebody else has asked the budget since it was loaded; nothing was saved. `budget` is how it stands now."""

    def __init__(self, budget: Budget) -> None:
        super().__init__("the budget was asked by somebody else meanwhile")
        self.budget = budget


class PartitionStore:
    """Loads and saves the steps of partitions.

    Saving is a compare-and-set twice over: on the partition's last step, so that a worker that was overtaken writes
    nothing at all, and on each profile's revision, for customers who are met in more than one partition. In a step in
    which somebody asked the budget it is one on the budget, too: all partitions spend from the same one.
    """

    def __init__(self, redis: Redis, settings: Settings) -> None:
        self._profile, self._customer = settings.keyspace("profile:"), settings.keyspace("customer:")
        self._partition, self._due = settings.keyspace("partition:"), settings.keyspace("due:")
        self._erased, self.erased = settings.keyspace("erased"), ErasedStore(redis, settings)
        self._budget = settings.keyspace("budget") if settings.policy.churn_alerts_per_day else None
        self._load, self._save = Script(redis, "load"), Script(redis, "save")
        self._writer, self._steps = uuid4().hex, 0

    async def load(
        self, partition: int, customers: Sequence[str] = (), now: float = 0.0, published: str = ""
    ) -> Loaded:
        """Where the partition stands, who is due at `now`, and these customers; one never seen is new and empty.

        `published` is the last step whose messages are, which are forgotten then.
        """
        keys = [*self._keys(partition), *[self._profile + customer for customer in customers]]
        if self._budget:
            keys.append(self._budget)
        position, time, step, messages, due, erasures, *found = await self._load(keys, (now, MOST_DUE, published))
        budget = read_budget(found.pop()) if self._budget else None
        return Loaded(
            Standing(int(position) if position else None, float(time or 0.0), (step or b"").decode()),
            _read_messages(messages) if messages else (),
            [customer.decode() for customer in due],
            {customer: read_profile(customer, held) for customer, held in zip(customers, found, strict=True)},
            erasures,
            budget,
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
        asked: tuple[int, Budget] | None = None,
        erasures: int = 0,
        goes_on: bool = False,
    ) -> Saved:
        """Save what came of a step that was loaded at `before`, with the position and the time it has come to.

        `timers` are armed at their time, and removed by a time of 0; `messages` are those of each customer.
        `asked` is the budget if somebody asked it, and before it how many had when it was loaded. `erasures` is how
        many keys had been erased when it was found that none of these were. What was saved at `before` is taken for
        published, unless this one `goes_on` with the same step: then it is still to be said, before these messages.

        Raises:
            MovedError: if the partition's last step is no longer that of `before`, or if somebody asked the budget and
                somebody was saved elsewhere; nothing was saved then.
            SpentError: if the budget was asked elsewhere; nothing was saved then.
        """
        armed: list[str] = []
        for customer, at in timers.items():
            armed += (customer, repr(at) if at else "0")
        self._steps += 1
        name = f"{self._writer}:{self._steps}"
        documents = [write_profile(profile) for profile in profiles]
        step = (
            before.step,
            "" if position is None else str(position),
            repr(time),
            name,
            armed,
            PUBLISHED,
            [profile.revision for profile in profiles],
            [_as_text(document) for document in documents],
            [published(profile) for profile in profiles],
            [messages.get(profile.customer, ()) for profile in profiles],
            erasures,
            goes_on,
            *((asked[0], _as_text(write_budget(asked[1]))) if asked else ()),
        )
        keys = self._keys(partition)
        for profile in profiles:
            keys += (self._profile + profile.customer, self._customer + profile.customer)
        if asked and self._budget:
            keys.append(self._budget)
        saved, answer = await self._save(keys, (msgspec.msgpack.encode(step),))
        if saved == _SPENT:
            raise SpentError(read_budget(answer))
        if saved == _MOVED:
            raise MovedError(f"partition {partition}: the last step is {answer.decode()}, not {before.step}")
        conflicts = [profiles[place - 1].customer for place in answer]
        reached = (before.position, before.time) if conflicts else (position, time)
        return Saved(Standing(*reached, name), conflicts, [len(document) for document in documents])

    def _keys(self, partition: int) -> list[str]:
        return [f"{self._partition}{partition}", f"{self._due}{partition}", self._erased]


_read_messages = msgspec.msgpack.Decoder(list[Message]).decode


def _as_text(held: bytes) -> msgspec.Raw:
    """Bytes that travel as text: Redis' MessagePack has no bytes, and does not mind."""
    return msgspec.Raw(b"\xdb" + len(held).to_bytes(4, "big") + held)
