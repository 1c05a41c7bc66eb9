"""Faust's aiokafka driver with batched delivery and commit bookkeeping of its own.

What stays Faust's: the consumer thread, fetching, rebalances, flow control, and when to commit. What is ours: one
message a partition and fetch, back-pressure counted in batches, and which offsets are committed.
The topics of batched agents are declared with `acks=False`, so Faust's own bookkeeping of single offsets has nothing
to do; agents acknowledge through `Batch.done`.
"""

from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any, ClassVar

from aiokafka.structs import TopicPartition
from faust.transport.consumer import RecordMap
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, ConsumerMessage
from faust.types.transports import ConsumerT

from streams.transport.ledger import Ledger

# A batch takes a fraction of a second. One that takes longer than this when its partition is revoked is stuck; the
# next owner does it again, and the position guards the profiles.
_SETTLE_TIMEOUT = 5.0

_FETCH_WAIT_MS = 20

# While some partitions wait for their agent, the others are not waited for longer than this.
_PARTIAL_FETCH = 0.02


class _CommittedConsumerThread(driver.AIOKafkaConsumerThread):
    """Reads committed records only: what a producer's aborted transaction wrote never happened."""

    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        # Faust ties this to transactions of its own, which it does not need here.
        consumer._isolation_level = "read_committed"
        # A partition that was just delivered is not part of the fetch under way, and waits for it to end.
        consumer._fetch_max_wait_ms = _FETCH_WAIT_MS
        return consumer


class BatchConsumer(driver.Consumer):
    """Yields one message per partition per fetch; commits what the ledger says."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ledger = Ledger()
        self._rewound: dict[TP, int | None] = {}
        self._dropped: set[TP] = set()

    def _new_consumer_thread(self) -> driver.AIOKafkaConsumerThread:
        return _CommittedConsumerThread(self, loop=self.loop, beacon=self.beacon)

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[TP, ConsumerMessage]]:
        """One message for each partition that has records; its value is a `Batch`."""
        generation = self.app.consumer_generation_id
        await self._seek_rewound()
        records, active = await self._wait_next_records(timeout)
        if not records:
            return
        for key, fetched in records.items():
            tp = TP(key.topic, key.partition)
            same = self.flow_active and self.app.consumer_generation_id == generation and tp not in self._rewound
            if same and (active is None or tp in active or tp in self._buffered_partitions):
                yield tp, self._batch_message(tp, fetched)
            elif self.ledger.is_reading(tp):
                # Whether this was fetched before a seek or after it, nobody knows: it has to be read again.
                self._rewound.setdefault(tp, self.ledger.reached(tp))
            else:
                # A seek is to come, or is under way and will say where to.
                self._dropped.add(tp)

    async def _seek_rewound(self) -> None:
        """Go where partitions were rewound to; here, where nothing is being fetched that could be from elsewhere."""
        for tp, offset in list(self._rewound.items()):
            if not self.flow_active or tp not in self.assignment():
                continue  # A rebalance is under way, which ends with a seek of its own.
            if offset is None:
                await self._begin_at_the_start(tp)
            else:
                await self.seek_wait({tp: offset})
            self.ledger.sought(tp, offset)
            self._rewound.pop(tp, None)

    async def _getmany(self, active_partitions: set[TP] | None, timeout: float) -> RecordMap:
        # Only partitions whose agent has room are fetched, so that a backlog of one topic never holds up another.
        active = active_partitions or set()
        ready = {tp for tp in active if self.ledger.has_room(tp)} - self._rewound.keys()
        if not ready:
            await self.ledger.turn(timeout)
            return {}
        return await super()._getmany(ready, timeout if len(ready) == len(active) else _PARTIAL_FETCH)

    def _batch_message(self, tp: TP, fetched: list[Any]) -> ConsumerMessage:
        last = fetched[-1]
        self.app.monitor.track_tp_end_offset(tp, self.highwater(tp))
        return ConsumerMessage(
            tp.topic,
            tp.partition,
            last.offset,
            last.timestamp / 1000.0,
            last.timestamp_type,
            None,
            None,
            self.ledger.deliver(tp, fetched),
            None,
            0,
            0,
            tp,
            generation_id=self.app.consumer_generation_id,
        )

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """Begin each partition where it was committed, or at the start of its log if it never was."""
        self._dropped.clear()
        committed = await super().seek_to_committed()
        if never := [tp for tp, offset in committed.items() if not offset]:
            await self._begin_at_the_start(*never)
        for tp, offset in committed.items():
            self.ledger.sought(TP(tp.topic, tp.partition), offset or None)
        # A fetch that was under way may have ended after the seek in the consumer's thread, and before it was known
        # here: what was dropped of it would be missing for good.
        self._rewound = {tp: self.ledger.reached(tp) for tp in self._dropped if self.ledger.is_reading(tp)}
        self._dropped.clear()
        return committed

    async def _begin_at_the_start(self, *partitions: TP) -> None:
        # The client takes no named tuple but its own.
        await self._thread.seek_to_beginning(*(TopicPartition(tp.topic, tp.partition) for tp in partitions))

    def rewind(self, tp: TP, offset: int) -> None:
        """Deliver a partition again from this offset; what waits, or is being fetched from elsewhere, is dropped."""
        self.ledger.forget([tp])
        self._rewound[tp] = offset

    async def caught_up(self, tp: TP) -> bool:
        """Whether everything that the partition held at the last fetch was worked on."""
        highwater = self.highwater(tp)
        if highwater is None or not self.ledger.idle(tp):
            return False
        position = await self.position(tp)
        return position is not None and position >= highwater and self.ledger.idle(tp)

    async def behind(self, tp: TP) -> int | None:
        """How many records of a partition are not done yet, of those that it held at the last fetch; none before it."""
        highwater, oldest = self.highwater(tp), self.ledger.oldest(tp)
        position = await self.position(tp) if oldest is None else oldest.records[0].offset
        return None if highwater is None or position is None else max(0, highwater - position)

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Finish what was begun, drop what waits, commit, and only then let go."""
        self.ledger.drop_waiting(revoked)
        await super().on_partitions_revoked(revoked)
        self.ledger.forget(revoked)
        for tp in revoked:
            self._rewound.pop(tp, None)

    async def wait_empty(self) -> None:
        """Called by Faust when flow has stopped: wait for the batches begun, then commit."""
        assignment = self.assignment()
        self.ledger.drop_waiting(assignment)
        if not await self.ledger.settled(assignment, _SETTLE_TIMEOUT):
            self.log.warning("A batch did not finish within %s s; its next owner does it again", _SETTLE_TIMEOUT)
        await self.commit_and_end_transactions()

    def _filter_tps_with_pending_acks(self, topics: Any = None) -> Iterable[TP]:
        return [tp for tp in self.ledger.committable() if topics is None or tp in topics or tp.topic in topics]

    async def _commit_tps(self, tps: Iterable[TP], start_new_transaction: bool) -> bool:
        offsets = self.ledger.committable(tps)
        if not offsets or not await self._commit_offsets(offsets, start_new_transaction=start_new_transaction):
            return False
        self.ledger.committed(offsets)
        return True

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        """Batches are followed by the ledger, where a gap between offsets needs no entry."""

    def verify_event_path(self, now: float, tp: TP) -> None:
        """Faust's watch for stuck streams counts single events and would cry wolf; lag is a metric instead."""


class BatchTransport(driver.Transport):
    """`kafka://` with batches: set as the app's consumer transport."""

    Consumer: ClassVar[type[ConsumerT]] = BatchConsumer
