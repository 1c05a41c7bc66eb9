"""What the transport does with a fetch that ends in the wrong moment.

The moment is one of two threads', and nothing real can be made to hit it, so the consumer's thread is a stand-in here.
`tests/faults/test_soak.py` meets it once in a while.
"""

import asyncio
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.structs import TopicPartition
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, ConsumerMessage

from streams.transport.driver import BatchConsumer
from streams.transport.ledger import Ledger

PLACE = TP("touchpoints", 0)
LOG = [SimpleNamespace(offset=offset, timestamp=1_000, timestamp_type=0) for offset in range(200)]


class Consumer(BatchConsumer):
    """It reads `LOG`; a fetch ends when `answer` is set."""

    def __init__(self) -> None:
        self.ledger, self._rewound, self._dropped = Ledger(), {}, set()
        self.app: Any = SimpleNamespace(
            consumer_generation_id=1, monitor=SimpleNamespace(track_tp_end_offset=lambda *_: None)
        )
        self.flow_active, self._buffered_partitions = True, set()
        self.answer, self.place = asyncio.Event(), 0

    async def _wait_next_records(self, timeout: float) -> Any:
        await self.answer.wait()
        fetched, self.place = LOG[self.place : self.place + 50], self.place + 50
        return {TopicPartition(*PLACE): fetched}, None

    async def seek_wait(self, partitions: Mapping[TP, int]) -> None:
        self.place = partitions[PLACE]

    def assignment(self) -> set[TP]:
        return {PLACE}

    def highwater(self, tp: TP) -> int:
        return len(LOG)


async def fetched(consumer: Consumer) -> list[ConsumerMessage]:
    return [message async for _, message in consumer.getmany(1.0)]


async def test_what_is_dropped_while_a_seek_is_under_way_is_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    consumer = Consumer()
    under_way = asyncio.create_task(fetched(consumer))
    await asyncio.sleep(0)

    async def seek(_: driver.Consumer) -> Mapping[TP, int]:
        # In the consumer's thread: it is at 100, the fetch ends, and whoever asked for it goes on first.
        consumer.place = 100
        consumer.answer.set()
        assert await under_way == [], "it was asked for before the group formed anew"
        return {PLACE: 100}

    monkeypatch.setattr(driver.Consumer, "seek_to_committed", seek)
    consumer.app.consumer_generation_id = 2
    await consumer.seek_to_committed()
    (message,) = await fetched(consumer)
    assert [record.offset for record in message.value.records] == [*range(100, 150)]


async def test_what_was_dropped_before_a_seek_is_no_reason_to_seek_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    consumer = Consumer()
    consumer.flow_active = False
    consumer.answer.set()
    assert await fetched(consumer) == []

    async def seek(_: driver.Consumer) -> Mapping[TP, int]:
        consumer.place = 100
        return {PLACE: 100}

    async def never(_: Mapping[TP, int]) -> None:
        raise AssertionError("it stands where it should")

    monkeypatch.setattr(driver.Consumer, "seek_to_committed", seek)
    monkeypatch.setattr(consumer, "seek_wait", never)
    await consumer.seek_to_committed()
    consumer.flow_active = True
    (message,) = await fetched(consumer)
    assert message.value.records[0].offset == 100
