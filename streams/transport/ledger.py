"""The ledger of deliveries: which batches are under way, and up to where each partition may be committed."""

import asyncio
import contextlib
from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Mapping, Sequence

from faust.types import TP

from streams.transport.batch import Batch, Record, State

MOST_WAITING = 8
"""Fetched batches of one topic that may wait for its agent; what bounds a worker's memory."""


class Ledger:
    """Owns the offsets of one consumer.

    A partition may be committed up to the end of the last of its batches that is done with all before it done too.
    Batches are told apart by identity: one that was revoked and fetched again is another batch, and the old one's
    late `done` means nothing.
    """

    def __init__(self) -> None:
        self._under_way: defaultdict[TP, deque[Batch]] = defaultdict(deque)
        self._finished: dict[TP, int] = {}
        self._committed: dict[TP, int] = {}
        self._fetched: dict[TP, int | None] = {}
        self._turned = asyncio.Event()

    def deliver(self, tp: TP, records: Sequence[Record]) -> Batch:
        """Enter a fetch into the ledger."""
        batch = Batch(tp, records, self._fetched.get(tp), records[-1].offset + 1, on_turn=self._turned.set)
        self._fetched[tp] = batch.end
        self._under_way[tp].append(batch)
        return batch

    def sought(self, tp: TP, offset: int | None) -> None:
        """The next fetch of a partition begins here; none is the start of a log of which nothing was committed."""
        self._fetched[tp] = offset

    def is_reading(self, tp: TP) -> bool:
        """Whether it is known where a partition is read, as it is after the first seek."""
        return tp in self._fetched

    def reached(self, tp: TP) -> int | None:
        """Where the next fetch of a partition begins; none at the start of a log of which nothing was committed."""
        return self._fetched.get(tp)

    def committable(self, tps: Iterable[TP] | None = None) -> dict[TP, int]:
        """The offsets that may be committed now and are not yet, by partition."""
        for tp, batches in self._under_way.items():
            while batches and batches[0].state is State.DONE:
                self._finished[tp] = batches.popleft().end
        wanted = self._finished if tps is None else {tp: self._finished[tp] for tp in tps if tp in self._finished}
        return {tp: end for tp, end in wanted.items() if end > self._committed.get(tp, -1)}

    def committed(self, offsets: Mapping[TP, int]) -> None:
        """The broker took these offsets."""
        self._committed.update(offsets)

    def has_room(self, tp: TP) -> bool:
        """Whether another batch of the partition may be fetched: one waits at the most, and few of its topic."""
        waiting = [
            other
            for other, batches in self._under_way.items()
            if other.topic == tp.topic and any(batch.state is State.WAITING for batch in batches)
        ]
        return tp not in waiting and len(waiting) < MOST_WAITING

    async def turn(self, timeout: float) -> None:
        """Wait until some batch begins or is done, at most `timeout` s."""
        self._turned.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                await self._turned.wait()

    def idle(self, tp: TP) -> bool:
        """Whether nothing of a partition is under way."""
        return all(batch.state is State.DONE for batch in self._under_way.get(tp, ()))

    def oldest(self, tp: TP) -> Batch | None:
        """The first batch of a partition that is under way; none when nothing is."""
        return next((batch for batch in self._under_way.get(tp, ()) if batch.state is not State.DONE), None)

    def drop_waiting(self, tps: Collection[TP]) -> None:
        """Let no batch of these partitions begin any more; those begun go on."""
        for batch in self._of(tps):
            if batch.state is State.WAITING:
                batch.drop()

    async def settled(self, tps: Collection[TP], timeout: float) -> bool:
        """Wait until no batch of these partitions is being worked on; False if one took longer than `timeout` s, and
        was dropped."""
        try:
            async with asyncio.timeout(timeout):
                while any(batch.state is State.BEGUN for batch in self._of(tps)):
                    await self.turn(timeout)
        except TimeoutError:
            for batch in self._of(tps):
                batch.drop()
            return False
        return True

    def forget(self, tps: Collection[TP]) -> None:
        """These partitions are somebody else's now."""
        for tp in tps:
            for batch in self._under_way.pop(tp, ()):
                batch.drop()
            self._finished.pop(tp, None)
            self._committed.pop(tp, None)
            self._fetched.pop(tp, None)

    def _of(self, tps: Iterable[TP]) -> list[Batch]:
        return [batch for tp in tps for batch in self._under_way.get(tp, ())]
