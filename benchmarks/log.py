"""The touchpoints topic, filled before anybody reads it, so that only the reader's pace is measured."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import cache
from typing import NamedTuple

from aiokafka import AIOKafkaProducer
from aiokafka.partitioner import murmur2
from kafka.admin import KafkaAdminClient
from kafka.errors import CoordinatorNotAvailableError, GroupIdNotFoundError

from benchmarks.traffic import Sent
from schemas.settings import Settings
from streams.topics import TOUCHPOINTS

_BATCH_BYTES = 256 * 1024


class Stretch(NamedTuple):
    """A stretch of a partition: the offset of its first record, and the one after its last."""

    start: int
    end: int


async def fill(settings: Settings, records: Iterable[Sent]) -> dict[int, Stretch]:
    """Publish the records, keyed by customer and dated by themselves; where they lie in each partition.

    Whole batches are built here, which costs a tenth of sending records one by one.
    """
    topic, stretches = settings.topic(TOUCHPOINTS), dict[int, Stretch]()
    async with AIOKafkaProducer(bootstrap_servers=settings.broker_url, max_batch_size=_BATCH_BYTES) as producer:
        partition_of = partitioner(len(await producer.partitions_for(topic)))
        building, sent = defaultdict(producer.create_batch), []

        async def send(partition: int) -> None:
            batch = building.pop(partition)
            sent.append((batch.record_count(), await producer.send_batch(batch, topic, partition=partition)))

        for customer, at, value in records:
            partition = partition_of(customer)
            record = {"key": customer.encode(), "value": value, "timestamp": int(at * 1000)}
            # A full batch takes no more.
            if building[partition].append(**record) is None:
                await send(partition)
                building[partition].append(**record)
        for partition in list(building):
            await send(partition)
        for (count, _), placed in zip(sent, await asyncio.gather(*[future for _, future in sent]), strict=True):
            start = stretches[placed.partition].start if placed.partition in stretches else placed.offset
            stretches[placed.partition] = Stretch(start, placed.offset + count)
    return stretches


def partitioner(partitions: int) -> Callable[[str], int]:
    """Kafka's own choice of a partition, remembered."""
    return cache(lambda customer: (murmur2(customer.encode()) & 0x7FFFFFFF) % partitions)


def rewind(settings: Settings) -> None:
    """Forget how far the worker's group has come.

    Raises:
        RuntimeError: if it is not forgotten, because somebody is still in it.
    """
    group = settings.topic("ebbflow")
    # A broker that never had a group has nobody to ask.
    with KafkaAdminClient(bootstrap_servers=settings.broker_url) as admin, suppress(CoordinatorNotAvailableError):
        if (answer := admin.delete_groups([group])[group]) not in ("OK", GroupIdNotFoundError.__name__):
            raise RuntimeError(f"the broker does not forget the group {group}: {answer}")
