"""Customers who have been known for months: their profiles as a worker would have left them."""

import json
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import msgspec
from redis.asyncio import Redis

from benchmarks.log import partitioner
from benchmarks.model import trained
from benchmarks.traffic import Sent, name_of, touchpoints
from processors.advance import advance
from processors.kinds import KindRules
from processors.models import Models
from processors.reading import read
from schemas.policy import Policy
from schemas.profile import Profile
from schemas.settings import Settings
from streams.store.partitions import PartitionStore

_DAY = 86_400.0
_KNOWN_FOR = (20, 120)
"""Days."""
_PATTERNS = 500
_AT_ONCE = 1_000
_TRAITS = {"email": "someone@shop.example", "name": "Someone Somewhere", "plan": "plus", "country": "DE", "age": 41}


def patterns(now: float, chance: random.Random) -> list[Profile]:
    """Different customers, advanced visit by visit from their first touchpoint until now.

    None of them is to be looked at within a day, since all copies of one would be due at once.
    """
    models, policy, found = trained(chance).serve(), Policy(), list[Profile]()
    while len(found) < _PATTERNS:
        profile = _grown(now, chance, models, policy)
        if not 0.0 < profile.judgements.timer < now + _DAY:
            found.append(profile)
    return found


def _grown(now: float, chance: random.Random, models: Models, policy: Policy) -> Profile:
    profile, rules = Profile("pattern"), KindRules()
    for visit in _visits(now, chance):
        at = visit[-1].at
        if 0.0 < profile.judgements.timer <= at:
            profile = advance(profile, (), at, models, policy).profile
        profile = advance(profile, [read(each.value, each.at, rules) for each in visit], at, models, policy).profile
    return advance(profile, (), now, models, policy).profile


def _visits(now: float, chance: random.Random) -> Iterator[list[Sent]]:
    """What a customer did, every few days, from signing up until now."""
    at, pause = now - chance.uniform(*_KNOWN_FOR) * _DAY, chance.lognormvariate(2.3, 1.0)
    when = datetime.fromtimestamp(at, UTC).isoformat()
    known = {"type": "identify", "userId": "pattern", "messageId": "known", "timestamp": when, "traits": _TRAITS}
    yield [Sent("pattern", at, json.dumps(known).encode())]
    while (at := at + chance.expovariate(1 / pause) * _DAY) < now - 600:
        yield list(touchpoints(["pattern"] * chance.randint(1, 8), chance, 60.0, at))


async def settle(redis: Redis, settings: Settings, customers: int, now: float, chance: random.Random) -> None:
    """Save so many customers, each like one of the patterns, in a store that is empty."""
    store, likely = PartitionStore(redis, settings), patterns(now, chance)
    partition_of, waiting = partitioner(settings.partitions), defaultdict[int, list[Profile]](list)
    for number in range(customers):
        name = name_of(number)
        partition = partition_of(name)
        waiting[partition].append(msgspec.structs.replace(chance.choice(likely), customer=name, at={partition: -1}))
        if len(waiting[partition]) == _AT_ONCE:
            await _save(store, partition, now, waiting.pop(partition))
    for partition, profiles in waiting.items():
        await _save(store, partition, now, profiles)


async def _save(store: PartitionStore, partition: int, now: float, profiles: Sequence[Profile]) -> None:
    # No place in the log: the worker begins at its start.
    standing = (await store.load(partition)).standing
    timers = {profile.customer: profile.judgements.timer for profile in profiles if profile.judgements.timer}
    await store.save(partition, standing, None, now, profiles, timers, {})
