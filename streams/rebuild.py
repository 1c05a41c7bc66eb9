"""Building the profiles again from the log, as they were: the same facts, byte for byte."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from aiokafka import AIOKafkaProducer
from faust.types import TP
from redis import Redis
from redis.asyncio import Redis as AsyncRedis

from schemas.rejected import Rejected
from schemas.settings import Settings, SettingsError
from streams.clock import Clock
from streams.group import committed, forget_commits, is_running
from streams.past import stretches
from streams.person import read_erased
from streams.store.log import note_log
from streams.store.models import ModelStore
from streams.store.partitions import Message, PartitionStore
from streams.store.population import PopulationStore
from streams.topics import TOUCHPOINTS, topic_id
from streams.transport.batch import Batch
from streams.worker.current import CurrentPolicy
from streams.worker.profiler import Profiler
from streams.worker.scorer import Scorer

_CHUNK = 5_000


class _Afterwards:
    """In place of a publisher: what is concluded on the way was published when it was new. Only what a worker had not
    committed may not have been; notes of that are left again, or what they hand over would be lost."""

    def __init__(self, settings: Settings, producer: AIOKafkaProducer) -> None:
        self.silent = True
        self._topic, self._producer = settings.topic(TOUCHPOINTS), producer

    async def say(self, messages: Sequence[Message]) -> None:
        """Leave notes, and say nothing else."""
        for each in messages:
            if each.topic == TOUCHPOINTS:
                await self._producer.send_and_wait(
                    self._topic, each.value.encode(), each.key.encode(), timestamp_ms=int(each.at * 1000)
                )

    async def rejected(self, records: Sequence[Rejected]) -> None:
        """Say nothing."""


@dataclass(frozen=True)
class Plan:
    """What a rebuild is going to do: for each partition that was folded, the offset up to which it was, and up to which
    workers have committed.

    `topic_id` is the topic's now; `anew` says that it is not the one that was folded.
    """

    folded: dict[int, int]
    committed: dict[int, int]
    topic_id: str
    anew: bool

    @property
    def records(self) -> int:
        """Offsets to be folded again."""
        return sum(self.folded.values())


def plan(settings: Settings) -> Plan:
    """Look how far the log was folded: what the workers committed, or what Redis says if that is more.

    Raises:
        SettingsError: if workers still run.
        kafka.errors.KafkaError: if the broker is away or refuses.
    """
    if is_running(settings):
        raise SettingsError("workers are running: stop them all before you rebuild, and start them again afterwards")
    found = topic_id(settings, TOUCHPOINTS)
    done = committed(settings, TOUCHPOINTS)
    folded = dict(done)
    with Redis.from_url(settings.redis_url) as redis:
        known = (redis.get(settings.keyspace("log")) or b"").decode()
        prefix = settings.keyspace("partition:")
        for key in redis.scan_iter(f"{prefix}*"):
            partition = int(key.decode().removeprefix(prefix))
            folded[partition] = max(folded.get(partition, 0), int(redis.hget(key, "position") or 0))
    anew = bool(known) and known != found
    return Plan({} if anew else folded, done, found, anew)


def clear(settings: Settings) -> None:
    """Forget all profiles and what is derived from them. Models stay."""
    with Redis.from_url(settings.redis_url) as redis, redis.pipeline(transaction=False) as pipe:
        for name in ("profile:", "customer:", "due:", "partition:", "roster"):
            for key in redis.scan_iter(f"{settings.keyspace(name)}*", count=_CHUNK):
                pipe.unlink(key)
                if len(pipe) >= _CHUNK:
                    pipe.execute()
        pipe.unlink(settings.keyspace("budget"))
        pipe.execute()


def rebuild(settings: Settings, plan: Plan, progress: Callable[[int], None]) -> None:
    """Clear the state and fold the log again, up to where it was folded before; workers go on from there.

    Nothing is published on the way: alerts and outcomes were, when they were new. `progress` is told how many offsets
    are done. One that is interrupted may be run again.

    Raises:
        kafka.errors.KafkaError, redis.exceptions.RedisError: if one of them is away.
    """
    if plan.anew:
        forget_commits(settings, TOUCHPOINTS)
    clear(settings)
    with Redis.from_url(settings.redis_url) as redis:
        note_log(settings, plan.topic_id, redis)
    asyncio.run(_fold_again(settings, plan, progress))


async def _fold_again(settings: Settings, plan: Plan, progress: Callable[[int], None]) -> None:
    redis: AsyncRedis = AsyncRedis.from_url(settings.redis_url)
    producer = AIOKafkaProducer(bootstrap_servers=settings.broker_url, acks="all")
    store, publisher = PartitionStore(redis, settings), _Afterwards(settings, producer)
    scorer = Scorer(ModelStore(redis, settings), PopulationStore(redis, settings))
    profiler = Profiler(settings, store, scorer, publisher, Clock(settings), CurrentPolicy(settings))
    done = 0
    await producer.start()
    try:
        # Whoever was erased is not to come back, also where Redis has forgotten who that was.
        await store.erased.restore(await read_erased(settings))
        for partition, until in sorted(plan.folded.items()):
            tp = TP(settings.topic(TOUCHPOINTS), partition)
            start = 0
            async for records, end in stretches(settings, partition, until):
                publisher.silent = end <= plan.committed.get(partition, 0)
                await profiler.work(Batch(tp, records, start or None, end))
                start = end
                progress(done + end)
            # Up to the very place, though the last records of the log may be none that is folded.
            standing = (await store.load(partition)).standing
            await store.save(partition, standing, until, standing.time, [], {}, {})
            done += until
            progress(done)
    finally:
        await producer.stop()
        await redis.aclose()
