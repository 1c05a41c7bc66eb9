"""One step of a partition: load, advance, publish, save. A crash between any two repeats work, never loses or doubles
it: what is published carries the same ids again, and what is saved is saved with the position in the log."""

import logging
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from processors.advance import Step, advance
from schemas.policy import Policy
from schemas.profile import Profile
from schemas.rejected import Rejection, RejectionCode
from schemas.touch import Touch
from streams.store.partitions import MovedError, PartitionStore, Standing
from streams.worker import metrics
from streams.worker.publisher import Publisher
from streams.worker.reader import Slice
from streams.worker.remembered import Remembered
from streams.worker.scorer import Scorer
from streams.worker.standings import BehindError, Standings, StateLostError

logger = logging.getLogger(__name__)

_TRY_AGAIN = 3600.0
"""Seconds after which a timer that could not be handled is tried again."""


class Stepper:
    """Takes one step at a time in a partition; partitions may take theirs at the same time."""

    def __init__(
        self,
        store: PartitionStore,
        standings: Standings,
        scorer: Scorer,
        publisher: Publisher,
        policy: Policy,
    ) -> None:
        self._store, self._standings = store, standings
        self._scorer, self._publisher, self._policy = scorer, publisher, policy
        self._remembered = Remembered()

    async def step(self, partition: int, part: Slice) -> int:
        """Advance the customers touched in a slice and those who are due at its end; returns how many were due.

        Raises:
            BehindError, StateLostError: if Redis is not where it was; see `Standings`.
        """
        waiting: Mapping[str, Sequence[Touch]] = part.touches
        most_due = 0
        while True:
            # 1. Load what is not remembered.
            with _timed("load"):
                standing, due, loaded = await self._load(partition, waiting, part.now)
            most_due = max(most_due, len(due))
            # 2. Fold, settle, score, decide.
            now = max(part.now, standing.time)
            refused = list(part.refused)
            with _timed("advance"):
                models, policy = self._scorer.models, self._policy
                steps = {}
                for customer, profile in loaded.items():
                    touches = waiting.get(customer, ())
                    try:
                        steps[customer] = advance(profile, touches, now, models, policy)
                    except Exception as error:
                        # What breaks the fold must not stop the rest; it is kept where somebody can look at it.
                        logger.exception("A customer cannot be advanced; %d touchpoints go to rejected", len(touches))
                        steps[customer] = Step(profile)
                        refused += part.refuse(touches, _not_folded(error))
            # 3. Publish what came of it and wait for the broker; after a crash, again with the same ids.
            with _timed("publish"):
                await self._publisher.judgements(
                    [alert for step in steps.values() for alert in step.alerts],
                    [outcome for step in steps.values() for outcome in step.outcomes],
                )
                await self._publisher.rejected(refused)
            # 4. Save it together with the partition's position.
            after = Standing(_further(standing.position, part.end), now)
            changed = [step.profile for customer, step in steps.items() if step.profile is not loaded[customer]]
            with _timed("save"):
                try:
                    timers = _timers(loaded, steps, due, now)
                    conflicts = await self._store.save(partition, standing, after, changed, timers)
                except MovedError:
                    self._remembered.forget_all()
                    continue
            self._keep(steps, changed, conflicts)
            _count(loaded, steps, waiting, set(conflicts))
            # 5. Whoever was saved by another writer meanwhile is loaded and advanced again.
            if not conflicts:
                self._standings.saw(partition, after)
                return most_due
            metrics.SAVE_CONFLICTS.inc(len(conflicts))
            waiting = {customer: waiting.get(customer, ()) for customer in conflicts}
            part = Slice(part.now, part.end)

    def forget(self) -> None:
        """A partition was taken away, and its customers may change elsewhere."""
        self._remembered.forget_all()

    async def _load(
        self, partition: int, waiting: Mapping[str, Sequence[Touch]], now: float
    ) -> tuple[Standing, set[str], dict[str, Profile]]:
        """The partition's standing, the customers due, and the profiles of these and of those who wait."""
        try:
            loaded = self._remembered.some(waiting)
            found = await self._store.load(partition, [name for name in waiting if name not in loaded], now)
            if not self._standings.saw(partition, found.standing):
                # Somebody else works on this partition, too; what is remembered may be theirs by now.
                self._remembered.forget_all()
                loaded = {}
                found = await self._store.load(partition, list(waiting), now)
                self._standings.saw(partition, found.standing)
        except (BehindError, StateLostError):
            self._remembered.forget_all()
            raise
        loaded |= found.profiles
        if silent := [name for name in found.due if name not in loaded]:
            loaded |= self._remembered.some(silent)
            if unknown := [name for name in silent if name not in loaded]:
                loaded |= (await self._store.load(partition, unknown, now)).profiles
        return found.standing, set(found.due), loaded

    def _keep(self, steps: Mapping[str, Step], changed: Sequence[Profile], conflicts: Sequence[str]) -> None:
        for profile in changed:
            profile.revision += 1
        self._remembered.keep([step.profile for step in steps.values()])
        self._remembered.forget(conflicts)


def _further(position: int | None, end: int | None) -> int | None:
    return end if position is None else max(position, end or 0)


def _not_folded(error: Exception) -> Rejection:
    return Rejection(code=RejectionCode.NOT_FOLDED, message=f"could not be folded: {type(error).__name__}")


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


def _count(
    loaded: Mapping[str, Profile],
    steps: Mapping[str, Step],
    waiting: Mapping[str, Sequence[Touch]],
    conflicts: set[str],
) -> None:
    kinds: Counter[str] = Counter()
    repeated = newcomers = 0
    for customer, step in steps.items():
        if customer in conflicts:
            continue
        kinds.update([touch.kind or "none" for touch in step.folded])
        repeated += len(waiting.get(customer, ())) - len(step.folded)
        newcomers += not loaded[customer].revision and step.profile is not loaded[customer]
    for kind, count in kinds.items():
        metrics.TOUCHPOINTS.labels(kind, "folded").inc(count)
    metrics.TOUCHPOINTS.labels("any", "repeated").inc(repeated)
    metrics.PROFILES.inc(newcomers)


@contextmanager
def _timed(step: str) -> Iterator[None]:
    begun = time.perf_counter()
    yield
    metrics.BATCH_SECONDS.labels(step).observe(time.perf_counter() - begun)
