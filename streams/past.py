"""The touchpoints of the past: a partition of the log from its beginning, a fetch at a time."""

from collections.abc import AsyncIterator
from typing import NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition

from schemas.settings import Settings
from streams.topics import TOUCHPOINTS
from streams.transport.batch import Record

_PATIENCE_MS = 1_000


class Stretch(NamedTuple):
    """Consecutive records, and the offset after the last of them."""

    records: list[Record]
    end: int


async def stretches(settings: Settings, partition: int, until: int | None = None) -> AsyncIterator[Stretch]:
    """The records of a partition up to an offset, or up to where its log ends now; fewer if the log is shorter.

    Raises:
        aiokafka.errors.KafkaError: if the broker is away.
    """
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.broker_url,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
    )
    place, position = TopicPartition(settings.topic(TOUCHPOINTS), partition), 0
    await consumer.start()
    try:
        consumer.assign([place])
        await consumer.seek_to_beginning()
        while until is None or position < until:
            fetched = await consumer.getmany(timeout_ms=_PATIENCE_MS, max_records=settings.batch_records)
            # Before the first fetch there is no telling where a log ends, however long it takes.
            last = consumer.highwater(place)
            until = last if until is None else until
            records = [record for batch in fetched.values() for record in batch if until and record.offset < until]
            position = await consumer.position(place)
            if records and until is not None:
                yield Stretch(records, min(position, until))
            elif last is not None and position >= last:
                return
    finally:
        await consumer.stop()
