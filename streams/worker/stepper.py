"""One step of a partition: load, advance, save, publish. A crash between any two repeats work, never loses or doubles
it: what is saved is saved with the position in the log, and with what is to be published of it."""

import logging
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

from processors.advance import Step, advance
from schemas.profile import Profile
from schemas.rejected import Rejected, Rejection, RejectionCode
from schemas.settings import Settings
from schemas.touch import Touch
from streams.store.partitions import Loaded, Message, MovedError, PartitionStore, Saved
from streams.topics import ALERTS, OUTCOMES
from streams.worker import metrics
from streams.worker.patience import Patience
from streams.worker.publisher import Publishing
from streams.worker.reader import Slice
from streams.worker.remembered import Remembered
from streams.worker.scorer import Scorer
from streams.worker.standings import Standings

logger = logging.getLogger(__name__)

_TRY_AGAIN = 3600.0
"""Seconds after which a timer that could not be handled is tried again."""


class Stepper:
    """Takes one step at a time in a partition; partitions may take theirs at the same time."""

    def __init__(
        self, settings: Settings, store: PartitionStore, standings: Standings, scorer: Scorer, publisher: Publishing
    ) -> None:
        self._store, self._standings = store, standings
        self._scorer, self._publisher, self._policy = scorer, publisher, settings.policy
        self._patience = Patience(settings.give_up_after)
        self._remembered = Remembered()
        self._published: dict[int, str] = {}

    async def step(self, partition: int, part: Slice) -> int:
        """Advance the customers touched in a slice and those who are due at its end; returns how many were due.

        Raises:
            BehindError, StateLostError: if Redis is not where it was; see `Standings`.
        """
        waiting: Mapping[str, Sequence[Touch]] = part.touches
        most_due = 0
        while True:
            # 1. Load what is not remembered. Publish what a step before has saved, but maybe not published.
            with _timed("load"):
                loaded = await self._load(partition, waiting, part.now)
            await self._say(partition, loaded.standing.step, loaded.unsaid)
            standing, due = loaded.standing, set(loaded.due)
            most_due = max(most_due, len(due))
            # 2. Fold, settle, score, decide.
            now = max(part.now, standing.time)
            with _timed("advance"):
                steps, refused = self._advance(loaded.profiles, waiting, now, part)
            # 3. Put aside what cannot be read, and save the rest together with the partition's position.
            changed = [step.profile for name, step in steps.items() if step.profile is not loaded.profiles[name]]
            messages = {} if self._publisher.silent else _messages(steps)
            await self._patience(partial(self._publisher.rejected, refused))
            with _timed("save"):
                save = partial(
                    self._store.save, partition, standing, _further(standing.position, part.end), now, changed,
                    _timers(loaded.profiles, steps, due, now), messages,
                )  # fmt: skip
                try:
                    saved = await self._patience(save)
                except MovedError:
                    self._remembered.forget_all()
                    continue
            self._keep(partition, steps, changed, saved)
            _count(loaded.profiles, steps, waiting, saved.conflicts)
            # 4. Publish what was saved, and wait for the broker; whoever comes next does it if this worker dies.
            for name in saved.conflicts:
                messages.pop(name, None)
            with _timed("publish"):
                await self._say(partition, saved.standing.step, [said for each in messages.values() for said in each])
            # 5. Whoever was saved by another writer meanwhile is loaded and advanced again.
            if not saved.conflicts:
                return most_due
            metrics.SAVE_CONFLICTS.inc(len(saved.conflicts))
            waiting = {name: waiting.get(name, ()) for name in saved.conflicts}
            part = Slice(part.now, part.end, batch=part.batch)

    async def confirm(self, partition: int) -> None:
        """Make sure that a partition where nothing happens stands where it was, and that all it said is published.

        Raises the same errors as `step`.
        """
        found = await self._ask(partition, (), 0.0)
        if not self._standings.saw(partition, found.standing):
            self._remembered.forget_all()
        await self._say(partition, found.standing.step, found.unsaid)

    def forget(self) -> None:
        """A partition was taken away, or Redis lost something: what is remembered may no longer be true."""
        self._remembered.forget_all()

    async def _load(self, partition: int, waiting: Mapping[str, Sequence[Touch]], now: float) -> Loaded:
        """The partition's standing, the customers due, and the profiles of these and of those who wait."""
        known = self._remembered.some(waiting)
        found = await self._ask(partition, [name for name in waiting if name not in known], now)
        if not self._standings.saw(partition, found.standing):
            # Somebody else works on this partition, too; what is remembered may be theirs by now.
            self._remembered.forget_all()
            known = {}
            found = await self._ask(partition, list(waiting), now)
            self._standings.saw(partition, found.standing)
        profiles = {**known, **found.profiles}
        if silent := [name for name in found.due if name not in profiles]:
            profiles |= self._remembered.some(silent)
            if unknown := [name for name in silent if name not in profiles]:
                profiles |= (await self._ask(partition, unknown, now)).profiles
        return replace(found, profiles=profiles)

    async def _ask(self, partition: int, customers: Sequence[str], now: float) -> Loaded:
        published = self._published.get(partition, "")
        return await self._patience(partial(self._store.load, partition, customers, now, published))

    async def _say(self, partition: int, step: str, messages: Sequence[Message]) -> None:
        if messages and self._published.get(partition) != step:
            await self._patience(partial(self._publisher.say, messages))
            self._published[partition] = step

    def _advance(
        self, profiles: Mapping[str, Profile], waiting: Mapping[str, Sequence[Touch]], now: float, part: Slice
    ) -> tuple[dict[str, Step], list[Rejected]]:
        models, policy = self._scorer.models, self._policy
        steps, refused = {}, list(part.refused)
        for customer, profile in profiles.items():
            touches = waiting.get(customer, ())
            try:
                steps[customer] = advance(profile, touches, now, models, policy)
            except Exception as error:
                # What breaks the fold must not stop the rest; it is kept where somebody can look at it.
                logger.exception("A customer cannot be advanced; %d touchpoints go to rejected", len(touches))
                steps[customer] = Step(profile)
                refused += part.refuse(touches, _not_folded(error))
        return steps, refused

    def _keep(self, partition: int, steps: Mapping[str, Step], changed: Sequence[Profile], saved: Saved) -> None:
        for profile in changed:
            profile.revision += 1
        self._remembered.keep([step.profile for step in steps.values()])
        self._remembered.forget(saved.conflicts)
        self._standings.saw(partition, saved.standing)


def _messages(steps: Mapping[str, Step]) -> dict[str, list[Message]]:
    """What there is to say of each customer, as it will stand on the topics."""
    return {
        customer: [
            *((ALERTS, alert.customer, alert.model_dump_json(exclude_none=True)) for alert in step.alerts),
            *((OUTCOMES, outcome.customer, outcome.model_dump_json()) for outcome in step.outcomes),
        ]
        for customer, step in steps.items()
        if step.alerts or step.outcomes
    }


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
    conflicts: Sequence[str],
) -> None:
    kinds: Counter[str] = Counter()
    repeated = newcomers = 0
    for customer, step in steps.items():
        if customer in conflicts:
            continue
        kinds.update([touch.kind or "none" for touch in step.folded])
        repeated += len(waiting.get(customer, ())) - len(step.folded)
        newcomers += not loaded[customer].revision and step.profile is not loaded[customer]
        for alert in step.alerts:
            metrics.ALERTS.labels(alert.kind, alert.state).inc()
        for outcome in step.outcomes:
            metrics.OUTCOMES.labels(str(outcome.churned).lower()).inc()
    for kind, count in kinds.items():
        metrics.TOUCHPOINTS.labels(kind, "folded").inc(count)
    metrics.TOUCHPOINTS.labels("any", "repeated").inc(repeated)
    metrics.PROFILES.inc(newcomers)


@contextmanager
def _timed(step: str) -> Iterator[None]:
    begun = time.perf_counter()
    yield
    metrics.BATCH_SECONDS.labels(step).observe(time.perf_counter() - begun)
