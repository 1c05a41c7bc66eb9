"""The profiles agent's work: load, advance, publish, save. A crash between any two steps repeats work, never loses or
doubles it."""

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial

from processors.advance import Step, advance
from processors.kinds import KindRules
from schemas.profile import Profile
from schemas.rejected import Rejected, Rejection, RejectionCode
from schemas.settings import Settings
from schemas.touch import Touch
from streams.clock import Clock
from streams.store.profiles import ProfileStore
from streams.store.timers import MOST_DUE, TimerStore
from streams.transport import Batch
from streams.worker import metrics
from streams.worker.patience import Patience
from streams.worker.publisher import Publisher
from streams.worker.reader import Reader, Slice, rejected
from streams.worker.scorer import Scorer

logger = logging.getLogger(__name__)

_TRY_AGAIN = 3600.0
"""Seconds after which a timer that could not be handled is tried again."""


class Profiler:
    """Turns batches of touchpoints, and the passing of time, into profiles, alerts and outcomes."""

    def __init__(
        self,
        settings: Settings,
        profiles: ProfileStore,
        timers: TimerStore,
        scorer: Scorer,
        publisher: Publisher,
        clock: Clock,
    ) -> None:
        self._policy = settings.policy
        self._profiles, self._timers = profiles, timers
        self._scorer, self._publisher, self._clock = scorer, publisher, clock
        self._reader = Reader(KindRules(settings.kinds), settings.tick.total_seconds(), clock)
        self._patience = Patience(settings.give_up_after)
        self._live_within = settings.live_within.total_seconds()
        self._lateness = settings.lateness.total_seconds()
        self._times: dict[int, float] = {}
        # A batch and a look at the clock of the same partition never run at once.
        self._turns: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def work(self, batch: Batch) -> None:
        """Everything a batch asks for. When it returns, all that came of it is safe."""
        partition = batch.tp.partition
        metrics.BATCH_RECORDS.observe(len(batch.records))
        await self._patience(self._scorer.ready)
        async with self._turns[partition]:
            refused: list[Rejected] = []
            for part in self._reader.slices(batch, await self._stream_time(partition), refused):
                refused += await self._patience(partial(self._take, partition, part, batch))
            if refused:
                await self._patience(lambda: self._publisher.rejected(refused))
        metrics.LAG.labels(partition).set(max(0.0, self._clock.now() - batch.records[-1].timestamp / 1000.0))

    async def look_at_the_clock(self, partition: int) -> None:
        """Notice silence: a live partition that has caught up moves on with the wall clock, less the lateness."""
        await self._patience(self._scorer.ready)
        async with self._turns[partition]:
            metrics.LAG.labels(partition).set(0)
            now, before = self._clock.now() - self._lateness, await self._stream_time(partition)
            if before < now <= before + self._live_within:
                await self._patience(lambda: self._take(partition, Slice(now), None))

    def forget(self, partitions: Sequence[int]) -> None:
        """These partitions are somebody else's now: what was known of their time is no longer true."""
        for partition in partitions:
            self._times.pop(partition, None)
            metrics.LAG.remove(partition)

    async def _stream_time(self, partition: int) -> float:
        if partition not in self._times:
            self._times[partition] = await self._patience(lambda: self._timers.stream_time(partition))
        return self._times[partition]

    async def _take(self, partition: int, part: Slice, batch: Batch | None) -> list[Rejected]:
        """One slice: the customers touched and the customers due, until nobody is due any more."""
        refused: list[Rejected] = []
        touched: Mapping[str, Sequence[Touch]] = part.touches
        while True:
            due = await self._timers.due(partition, part.now)
            await self._step(partition, part.now, {**dict.fromkeys(due, ()), **touched}, set(due), batch, refused)
            self._times[partition] = part.now
            if len(due) < MOST_DUE:
                return refused
            touched = {}

    async def _step(
        self,
        partition: int,
        now: float,
        waiting: Mapping[str, Sequence[Touch]],
        due: set[str],
        batch: Batch | None,
        refused: list[Rejected],
    ) -> None:
        while True:
            # 1. Load what is remembered.
            with _timed("load"):
                loaded = await self._profiles.load(list(waiting))
            # 2. Fold, settle, score, decide.
            with _timed("advance"):
                steps = {
                    customer: self._advance(profile, waiting[customer], now, batch, refused)
                    for customer, profile in loaded.items()
                }
            # 3. Publish what came of it and wait for the broker; after a crash, again with the same ids.
            with _timed("publish"):
                await self._publisher.judgements(
                    [alert for step in steps.values() for alert in step.alerts],
                    [outcome for step in steps.values() for outcome in step.outcomes],
                )
            # 4. Arm the timers first: one too many only fires in vain, one too few would never fire. Then save.
            with _timed("save"):
                await self._timers.keep(partition, now, _timers(loaded, steps, due, now))
                changed = [step.profile for customer, step in steps.items() if step.profile is not loaded[customer]]
                conflicts = set(await self._profiles.save(changed))
            self._count(loaded, steps, waiting, conflicts)
            # 5. Whoever was saved by another writer meanwhile is loaded and advanced again.
            if not conflicts:
                return
            metrics.SAVE_CONFLICTS.inc(len(conflicts))
            waiting = {customer: waiting[customer] for customer in conflicts}

    def _advance(
        self, profile: Profile, touches: Sequence[Touch], now: float, batch: Batch | None, refused: list[Rejected]
    ) -> Step:
        try:
            return advance(profile, touches, now, self._scorer.models, self._policy)
        except Exception as error:
            # A touchpoint that breaks the fold must not stop the rest; it is kept where somebody can look at it.
            logger.exception("A customer could not be advanced; %d touchpoints go to rejected", len(touches))
            if batch is not None:
                offsets = {touch.offset for touch in touches}
                rejection = Rejection(
                    code=RejectionCode.NOT_FOLDED, message=f"could not be folded: {type(error).__name__}"
                )
                refused += [rejected(batch, record, rejection) for record in batch.records if record.offset in offsets]
            return Step(profile)

    def _count(
        self,
        loaded: Mapping[str, Profile],
        steps: Mapping[str, Step],
        waiting: Mapping[str, Sequence[Touch]],
        conflicts: set[str],
    ) -> None:
        for customer, step in steps.items():
            if customer in conflicts:
                continue
            for touch in step.folded:
                metrics.TOUCHPOINTS.labels(touch.kind or "none", "folded").inc()
            if repeated := len(waiting[customer]) - len(step.folded):
                metrics.TOUCHPOINTS.labels("any", "repeated").inc(repeated)
            if not loaded[customer].revision and step.profile is not loaded[customer]:
                metrics.PROFILES.inc()


def _timers(loaded: Mapping[str, Profile], steps: Mapping[str, Step], due: set[str], now: float) -> dict[str, float]:
    """The timers to write: those that changed, and every one that fired, since it must not fire for ever."""
    timers = {}
    for customer, step in steps.items():
        timer = step.profile.judgements.timer
        if customer in due and 0 < timer <= now:
            timer = now + _TRY_AGAIN
        if customer in due or timer != loaded[customer].judgements.timer:
            timers[customer] = timer
    return timers


@contextmanager
def _timed(step: str) -> Iterator[None]:
    begun = time.perf_counter()
    yield
    metrics.BATCH_SECONDS.labels(step).observe(time.perf_counter() - begun)
