"""The profiles agent's work: batches of touchpoints and the passing of time become steps of partitions."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from functools import partial

from processors.kinds import KindRules
from schemas.settings import Settings
from streams.clock import Clock
from streams.store.partitions import MOST_DUE, PartitionStore
from streams.transport import Batch
from streams.worker import metrics
from streams.worker.patience import Patience
from streams.worker.publisher import Publisher
from streams.worker.reader import Reader, Slice
from streams.worker.scorer import Scorer
from streams.worker.standings import Standings
from streams.worker.stepper import Stepper


class Profiler:
    """Turns batches of touchpoints, and the passing of time, into profiles, alerts and outcomes."""

    def __init__(
        self, settings: Settings, store: PartitionStore, scorer: Scorer, publisher: Publisher, clock: Clock
    ) -> None:
        self._scorer, self._clock = scorer, clock
        self._standings = Standings(store)
        self._stepper = Stepper(store, self._standings, scorer, publisher, settings.policy)
        self._reader = Reader(KindRules(settings.kinds), settings.tick.total_seconds(), clock)
        self._patience = Patience(settings.give_up_after)
        self._live_within = settings.live_within.total_seconds()
        self._lateness = settings.lateness.total_seconds()
        # A batch and a look at the clock of the same partition never run at once.
        self._turns: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def work(self, batch: Batch) -> None:
        """Everything a batch asks for. When it returns, all that came of it is safe.

        Raises:
            BehindError: if Redis has not got as far as the start of the batch.
            StateLostError: if Redis holds nothing of this partition any more.
        """
        partition = batch.tp.partition
        metrics.BATCH_RECORDS.observe(len(batch.records))
        await self._patience(self._scorer.ready)
        async with self._turns[partition]:
            standing = await self._patience(partial(self._standings.of, partition))
            self._standings.check(partition, batch.start)
            if standing.position is not None and standing.position >= batch.end:
                metrics.TOUCHPOINTS.labels("any", "repeated").inc(len(batch.records))
                return
            for part in self._reader.slices(batch, standing):
                await self._patience(partial(self._take, partition, part))
        metrics.LAG.labels(partition).set(max(0.0, self._clock.now() - batch.records[-1].timestamp / 1000.0))

    async def look_at_the_clock(self, partition: int) -> None:
        """Notice silence: a live partition that has caught up moves on with the wall clock, less the lateness.

        Raises the same errors as `work`.
        """
        await self._patience(self._scorer.ready)
        async with self._turns[partition]:
            metrics.LAG.labels(partition).set(0)
            now = self._clock.now() - self._lateness
            before = (await self._patience(partial(self._standings.of, partition))).time
            if before < now <= before + self._live_within:
                await self._patience(partial(self._take, partition, Slice(now)))

    def forget(self, partitions: Sequence[int]) -> None:
        """These partitions are somebody else's now: what was known of them is no longer true."""
        self._standings.forget(partitions)
        self._stepper.forget()
        for partition in partitions:
            metrics.LAG.remove(partition)

    async def _take(self, partition: int, part: Slice) -> None:
        """One slice: the customers touched and the customers due, until nobody is due any more."""
        while await self._stepper.step(partition, part) == MOST_DUE:
            part = Slice(part.now)
