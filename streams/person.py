"""Everything that is held of one person, under whatever keys: to be shown, and to be erased for good."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition
from redis.asyncio import Redis
from redis.exceptions import WatchError

from processors.identity import MAX_CLAIMS
from schemas.profile import Profile
from schemas.settings import Settings
from streams.notifier.forgetting import forget, queues_of
from streams.producer import Producer, Record
from streams.store.alerts import AlertStore
from streams.store.erased import ErasedStore, digest_of
from streams.store.profiles import ProfileStore
from streams.store.roster import RosterStore
from streams.topics import ERASED

_PATIENCE_MS = 1_000
_TRIES = 100


@dataclass(frozen=True)
class Person:
    """The keys of one person, first the one that the others moved to, and the profiles that there are of them."""

    keys: tuple[str, ...]
    profiles: dict[str, Profile]

    @property
    def revisions(self) -> dict[str, int]:
        """The revision of each key's profile; 0 where there is none."""
        return {key: self.profiles[key].revision if key in self.profiles else 0 for key in self.keys}


async def find(redis: Redis, settings: Settings, customer: str, loaded: Profile | None = None) -> Person:
    """Who stands behind a key: where it moved to, and every key that moved there. Never seen: that key alone.
    `loaded` is the profile under that key, if it is known already."""
    store = ProfileStore(redis, settings)
    main, passed = loaded or (await store.load([customer]))[customer], set[str]()
    while main.facts.moved_to and main.customer not in passed:
        # Maybe further than a touchpoint is sent on, yet the same person.
        passed.add(main.customer)
        main = (await store.resolve([main.facts.moved_to]))[main.facts.moved_to]
    keys, profiles = dict.fromkeys((main.customer,)), {main.customer: main}
    waiting = [main]
    while waiting:
        aliases = [alias for profile in waiting for alias in profile.facts.aliases if alias not in keys]
        found = await store.load(aliases)
        waiting = [one for one in found.values() if one.facts.moved_to in keys or _is_about_to_move(one)]
        for profile in waiting:
            keys[profile.customer] = None
            profiles[profile.customer] = profile
    return Person((*keys,), {key: profile for key, profile in profiles.items() if profile.revision})


def _is_about_to_move(alias: Profile) -> bool:
    """A key that was asked to hand over and has not got there; one that is shared by many never will."""
    return not alias.facts.moved_to and alias.facts.claims < MAX_CLAIMS


async def export(redis: Redis, settings: Settings, customer: str) -> dict[str, Any]:
    """Everything that Redis holds of a person, ready for JSON; `profiles` is empty if that is nothing."""
    person = await find(redis, settings, customer)
    erased = await ErasedStore(redis, settings).among(person.keys)
    profiles, published, listed, roster = [], {}, {}, RosterStore(redis, settings)
    for key, profile in person.profiles.items():
        profiles.append(msgspec.to_builtins(profile, str_keys=True))
        if fields := cast(dict[bytes, bytes], await redis.hgetall(settings.keyspace(f"customer:{key}"))):
            published[key] = {name.decode(): value.decode() for name, value in fields.items()}
        if (row := await roster.of(key)) is not None:
            listed[key] = msgspec.structs.asdict(row)
    alerts = [standing.model_dump(mode="json") for _, standing in await AlertStore(redis, settings).of(person.keys)]
    return {"customer": person.keys[0], "keys": list(person.keys), "profiles": profiles, "published": published,
            "listed": listed, "alerts": alerts, "erased": sorted(erased)}  # fmt: skip


async def erase(redis: Redis, settings: Settings, producer: Producer, customer: str) -> Person:
    """Erase a person: profiles, other keys, predictions that wait, alerts' states, timers, their place on the roster.
    What comes later of them is dropped by gateways and workers, also after a rebuild, and if Redis loses everything. To
    do it twice does no harm.

    Returns who it was. Nothing is removed but a whole person: if one of their profiles is saved while they are looked
    for, another key may be theirs by then, and they are looked for again. Touchpoints that stand in Kafka's log already
    stay there as long as the log does.

    Raises:
        redis.exceptions.RedisError, NotAcknowledgedError: if one of them is away; then it is to be done again.
        redis.exceptions.WatchError: if their profiles are saved faster than they can be read.
    """
    store, alerts, roster = ErasedStore(redis, settings), AlertStore(redis, settings), RosterStore(redis, settings)
    now, told = datetime.now(UTC), set[str]()
    partitions, queues = await store.partitions(), await queues_of(redis, settings)
    topic, value = settings.topic(ERASED), json.dumps({"at": now.isoformat(timespec="seconds")}).encode()
    for _ in range(_TRIES):
        person = await find(redis, settings, customer)
        # First where it lasts: a rebuild reads this topic before all others.
        fresh = [key for key in person.keys if key not in told]
        await producer.publish(
            [Record(topic, digest_of(key).encode(), value, round(now.timestamp() * 1000)) for key in fresh]
        )
        told.update(fresh)
        # While their keys are known, and then again: a worker may have been about to publish.
        await alerts.forget(person.keys)
        await forget(redis, queues, person.keys)
        if await store.erase(person.revisions, partitions):
            await roster.forget(person.keys)
            await alerts.forget(person.keys)
            await forget(redis, queues, person.keys)
            return person
    raise WatchError(f"a profile was saved each of {_TRIES} times that the person was looked for")


async def read_erased(settings: Settings) -> set[str]:
    """The digests of everybody who was erased, from the log.

    Raises:
        aiokafka.errors.KafkaError: if the broker is away.
    """
    found: set[str] = set()
    consumer = AIOKafkaConsumer(bootstrap_servers=settings.broker_url, enable_auto_commit=False)
    partition = TopicPartition(settings.topic(ERASED), 0)
    await consumer.start()
    try:
        consumer.assign([partition])
        await consumer.seek_to_beginning(partition)
        while True:
            fetched = await consumer.getmany(partition, timeout_ms=_PATIENCE_MS)
            for record in fetched.get(partition, ()):
                found.add((record.key or b"").decode())
            # Asked for the end of a log, not every broker tells the truth; what comes with a fetch is right. There is
            # none before the first fetch, which a busy broker may be slow to answer.
            end = consumer.highwater(partition)
            if end is not None and await consumer.position(partition) >= end:
                return found
    finally:
        await consumer.stop()
