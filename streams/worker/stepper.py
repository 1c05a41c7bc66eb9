"""One step of a partition: load, advance, save, publish. A crash between any two repeats work, never loses or doubles
it: what is saved is saved with the position in the log, and with what is to be published of it."""

import logging
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial

from processors.advance import Step, advance
from processors.budget import Budget
from schemas.profile import Profile
from schemas.rejected import Rejected, Rejection, RejectionCode
from schemas.settings import Settings
from schemas.touch import Touch
from streams.store.partitions import Loaded, Message, MovedError, PartitionStore, Saved, SpentError
from streams.tracing import TraceOf
from streams.worker import metrics
from streams.worker.current import CurrentPolicy
from streams.worker.messages import messages_of
from streams.worker.patience import Patience
from streams.worker.publisher import Publishing
from streams.worker.reader import Slice
from streams.worker.remembered import Remembered
from streams.worker.scorer import Scorer
from streams.worker.standings import Standings

logger = logging.getLogger(__name__)

_TRY_AGAIN = 3600.0
"""Seconds after which a timer that could not be handled is tried again."""


@dataclass
class _Advanced:
    """What came of the customers of a step: whose touchpoints cannot be folded, and who asked the budget."""

    steps: dict[str, Step]
    refused: list[Rejected]
    asked: list[str]


class Stepper:
    """Takes one step at a time in a partition; partitions may take theirs at the same time."""

    def __init__(
        self,
        settings: Settings,
        store: PartitionStore,
        standings: Standings,
        scorer: Scorer,
        publisher: Publishing,
        current: CurrentPolicy,
    ) -> None:
        self._store, self._standings = store, standings
        self._scorer, self._publisher, self._current = scorer, publisher, current
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
            most_due = max(most_due, len(loaded.due))
            # 2. Fold, settle, score, decide.
            now = max(part.now, loaded.standing.time)
            offers = loaded.budget.offers if loaded.budget else 0
            with _timed("advance"):
                advanced = self._advance(loaded.profiles, waiting, now, part, loaded.budget)
            steps = advanced.steps
            # 3. Put aside what cannot be read, and save the rest together with the partition's position.
            await self._patience(partial(self._publisher.rejected, [*part.refused, *advanced.refused]))
            part = replace(part, refused=[])
            with _timed("save"):
                try:
                    saved, messages = await self._save(partition, loaded, offers, advanced, waiting, now, part)
                except MovedError:
                    self._remembered.forget_all()
                    continue
            self._keep(partition, loaded.profiles, steps, saved)
            _count(loaded.profiles, steps, saved.conflicts)
            # 4. Publish what was saved, and wait for the broker; whoever comes next does it if this worker dies.
            said = [message for name, each in messages.items() if name not in saved.conflicts for message in each]
            with _timed("publish"):
                await self._say(partition, saved.standing.step, said)
            # 5. Whoever was saved by another writer meanwhile is loaded and advanced again.
            if not saved.conflicts:
                return most_due
            metrics.SAVE_CONFLICTS.inc(len(saved.conflicts))
            waiting = {name: waiting.get(name, ()) for name in saved.conflicts}
            part = Slice(part.now, part.end, batch=part.batch, trace_of=part.trace_of)

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
        """The partition's standing, the customers due, and the profiles of these and of those who wait, without those
        who were erased."""
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
        erased: set[str] = set()
        if found.erasures and (newcomers := [name for name, one in profiles.items() if not one.revision]):
            erased = await self._patience(partial(self._store.erased.among, newcomers))
            profiles = {name: one for name, one in profiles.items() if name not in erased}
            metrics.TOUCHPOINTS.labels("any", "any", "erased").inc(sum(len(waiting.get(name, ())) for name in erased))
        return replace(found, profiles=profiles, erased=erased)

    async def _ask(self, partition: int, customers: Sequence[str], now: float) -> Loaded:
        published = self._published.get(partition, "")
        return await self._patience(partial(self._store.load, partition, customers, now, published))

    async def _say(self, partition: int, step: str, messages: Sequence[Message]) -> None:
        if messages and self._published.get(partition) != step:
            await self._patience(partial(self._publisher.say, messages))
            self._published[partition] = step

    async def _save(
        self,
        partition: int,
        loaded: Loaded,
        offers: int,
        advanced: _Advanced,
        waiting: Mapping[str, Sequence[Touch]],
        now: float,
        part: Slice,
    ) -> tuple[Saved, Mapping[str, Sequence[Message]]]:
        """Save what came of a step; returns what there is to say of it, too. Those who asked a budget that was asked
        elsewhere meanwhile ask again, and `advanced` is what comes of them then. Raises `MovedError`."""
        standing, budget = loaded.standing, loaded.budget
        while True:
            changed = _changed(loaded.profiles, advanced.steps)
            messages = {} if self._publisher.silent else _messages(advanced.steps, now, part.trace_of)
            save = partial(
                self._store.save, partition, standing, _further(standing.position, part.end), now, changed,
                _timers(loaded, advanced.steps, now), messages,
                (offers, budget) if budget and advanced.asked else None, loaded.erasures,
            )  # fmt: skip
            try:
                return await self._patience(save), messages
            except SpentError as error:
                budget, offers = error.budget, error.budget.offers
                profiles = {customer: loaded.profiles[customer] for customer in advanced.asked}
                again = self._advance(profiles, waiting, now, part, budget)
                await self._patience(partial(self._publisher.rejected, again.refused))
                advanced.steps.update(again.steps)
                advanced.asked = again.asked

    def _advance(
        self,
        profiles: Mapping[str, Profile],
        waiting: Mapping[str, Sequence[Touch]],
        now: float,
        part: Slice,
        budget: Budget | None,
    ) -> _Advanced:
        models, norms, policy = self._scorer.models, self._scorer.norms, self._current.policy
        steps, refused, asked = dict[str, Step](), list[Rejected](), list[str]()
        for customer, profile in profiles.items():
            touches, offers = waiting.get(customer, ()), budget.offers if budget else 0
            try:
                steps[customer] = advance(profile, touches, now, models, policy, budget, norms)
            except Exception as error:
                # What breaks the fold must not stop the rest; it is kept where somebody can look at it.
                logger.exception("A customer cannot be advanced; %d touchpoints go to rejected", len(touches))
                steps[customer] = Step(profile)
                refused += part.refuse(touches, _not_folded(error))
            if budget and budget.offers != offers:
                asked.append(customer)
        return _Advanced(steps, refused, asked)

    def _keep(self, partition: int, loaded: Mapping[str, Profile], steps: Mapping[str, Step], saved: Saved) -> None:
        changed = _changed(loaded, steps)
        for profile in changed:
            profile.revision += 1
        self._remembered.keep(zip(changed, saved.sizes, strict=True))
        self._remembered.forget(saved.conflicts)
        self._standings.saw(partition, saved.standing)


def _changed(loaded: Mapping[str, Profile], steps: Mapping[str, Step]) -> list[Profile]:
    return [step.profile for customer, step in steps.items() if step.profile is not loaded[customer]]


def _messages(steps: Mapping[str, Step], now: float, trace_of: TraceOf) -> dict[str, list[Message]]:
    return {
        customer: messages_of(step, now, trace_of(customer))
        for customer, step in steps.items()
        if step.alerts or step.outcomes or step.trials or step.texts or step.notes
    }


def _further(position: int | None, end: int | None) -> int | None:
    return end if position is None else max(position, end or 0)


def _not_folded(error: Exception) -> Rejection:
    return Rejection(code=RejectionCode.NOT_FOLDED, message=f"could not be folded: {type(error).__name__}")


def _timers(loaded: Loaded, steps: Mapping[str, Step], now: float) -> dict[str, float]:
    """The timers to write: those that changed, and every one that fired, since it must not fire for ever."""
    timers, due = dict.fromkeys(loaded.erased, 0.0), set(loaded.due)
    for customer, step in steps.items():
        timer = step.profile.judgements.timer
        if customer in due and 0 < timer <= now:
            timer = now + _TRY_AGAIN
        if customer in due or timer != loaded.profiles[customer].judgements.timer:
            timers[customer] = timer
    return timers


def _count(loaded: Mapping[str, Profile], steps: Mapping[str, Step], conflicts: Sequence[str]) -> None:
    folded, noted = Counter[tuple[str, str]](), Counter[str]()
    repeated = newcomers = 0
    for customer, step in steps.items():
        if customer in conflicts:
            continue
        folded.update([(touch.kind or "none", touch.channel) for touch in step.folded])
        repeated += step.repeated
        newcomers += not loaded[customer].revision and step.profile is not loaded[customer]
        noted.update([type(note).__name__.lower() for note in step.notes])
        for alert in step.alerts:
            metrics.ALERTS.labels(alert.kind, alert.state).inc()
        for heard in step.heard:
            metrics.TEXTS_HEARD.labels(heard).inc()
        for outcome in step.outcomes:
            metrics.OUTCOMES.labels(str(outcome.churned).lower()).inc()
    for (kind, channel), count in folded.items():
        metrics.TOUCHPOINTS.labels(kind, channel, "folded").inc(count)
    for note, count in noted.items():
        metrics.NOTES.labels(note).inc(count)
    metrics.TOUCHPOINTS.labels("any", "any", "repeated").inc(repeated)
    metrics.PROFILES.inc(newcomers)


@contextmanager
def _timed(step: str) -> Iterator[None]:
    begun = time.perf_counter()
    yield
    metrics.BATCH_SECONDS.labels(step).observe(time.perf_counter() - begun)
