"""The profiles agent's work: batches of touchpoints and the passing of time become steps of partitions."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial

from processors.consent import ConsentRules
from processors.kinds import KindRules
from schemas.settings import Settings
from streams.clock import Clock
from streams.store.partitions import MOST_DUE, PartitionStore
from streams.tracing import Tracing
from streams.transport import Batch
from streams.worker import metrics
from streams.worker.current import CurrentPolicy
from streams.worker.patience import Patience
from streams.worker.publisher import Publishing
from streams.worker.reader import Reader, Slice
from streams.worker.scorer import Scorer
from streams.worker.standings import BehindError, Standings, StateLostError
from streams.worker.stepper import Stepper

_CONFIRM_EVERY = 2.0
"""Seconds between two looks at what Redis holds of a partition where nothing happens."""


class Profiler:
    """Turns batches of touchpoints, and the passing of time, into profiles, alerts and outcomes."""

    def __init__(
        self,
        settings: Settings,
        store: PartitionStore,
        scorer: Scorer,
        publisher: Publishing,
        clock: Clock,
        current: CurrentPolicy,
        tracing: Tracing | None = None,
    ) -> None:
        self._scorer, self._clock, self._tracing = scorer, clock, tracing or Tracing()
        self._standings = Standings(store)
        self._stepper = Stepper(settings, store, self._standings, scorer, publisher, current)
        self._reader = Reader(
            KindRules(settings.kinds), ConsentRules(settings.consent), settings.tick.total_seconds(), clock
        )
        self._patience = Patience(settings.give_up_after)
        self._live_within = settings.live_within.total_seconds()
        self._lateness = settings.lateness.total_seconds()
        self._turns: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._confirmed: dict[int, float] = {}

    async def work(self, batch: Batch) -> None:
        """Everything a batch asks for, when its turn comes, unless it was dropped before. When it returns, all that
        came of the batch is safe.

        Raises:
            BehindError: if Redis has not got as far as the start of the batch.
            StateLostError: if Redis holds nothing of this partition any more.
        """
        partition = batch.tp.partition
        metrics.BATCH_RECORDS.observe(len(batch.records))
        await self._patience(self._scorer.ready)
        async with self._turn(partition):
            if not batch.begin():
                return
            standing = await self._patience(partial(self._standings.of, partition))
            self._standings.check(partition, batch.start)
            if standing.position is not None and standing.position >= batch.end:
                # Somebody else has saved it, and may not have come to publish what it said.
                await self._stepper.confirm(partition)
                metrics.TOUCHPOINTS.labels("any", "any", "repeated").inc(len(batch.records))
                batch.done()
                return
            with self._tracing.batch(batch) as trace_of:
                for part in self._reader.slices(batch, standing):
                    part.trace_of = trace_of
                    await self._take(partition, part)
            batch.done()
        metrics.LAG.labels(partition).set(max(0.0, self._clock.now() - batch.records[-1].timestamp / 1000.0))

    async def look_at_the_clock(self, partition: int, reached: int | None) -> None:
        """Notice silence: a live partition that has caught up moves on with the wall clock, less the lateness.

        `reached` is where the worker stands in the log. Raises the same errors as `work`.
        """
        await self._patience(self._scorer.ready)
        async with self._turn(partition):
            metrics.LAG.labels(partition).set(0)
            now = self._clock.now() - self._lateness
            before = (await self._patience(partial(self._standings.of, partition))).time
            self._standings.check(partition, reached)
            if before < now <= before + self._live_within:
                await self._take(partition, Slice(now))
            elif self._confirmed.get(partition, 0.0) + _CONFIRM_EVERY < now:
                # Nothing happens here that would show it if Redis had lost something.
                self._confirmed[partition] = now
                await self._stepper.confirm(partition)

    def forget(self, partitions: Sequence[int]) -> None:
        """These partitions are somebody else's now: what was known of them is no longer true."""
        self._standings.forget(partitions)
        self._stepper.forget()
        for partition in partitions:
            metrics.LAG.remove(partition)

    @asynccontextmanager
    async def _turn(self, partition: int) -> AsyncIterator[None]:
        """A batch and a look at the clock of the same partition never run at once."""
        async with self._turns[partition]:
            try:
                yield
            except (BehindError, StateLostError):
                # Profiles that Redis has lost would make what is read again look like repeats.
                self._stepper.forget()
                raise

    async def _take(self, partition: int, part: Slice) -> None:
        """One slice: the customers touched and the customers due, until nobody is due any more."""
        while await self._stepper.step(partition, part) == MOST_DUE:
            part = Slice(part.now)
