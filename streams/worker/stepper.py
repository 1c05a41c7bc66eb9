"""One step of a partition: load, advance, save, publish. A crash between any two repeats work, never loses or doubles
it: what is saved is saved with the position in the log, and with what is to be published of it."""

import asyncio
import logging
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice

from processors.advance import Step, advance
from processors.budget import Budget
from schemas.profile import Profile
from schemas.rejected import Rejected, Rejection, RejectionCode
from schemas.settings import Settings
from schemas.touch import Touch
from streams.store.partitions import Loaded, MovedError, PartitionStore, Saved, Standing
from streams.worker import metrics
from streams.worker.current import CurrentPolicy
from streams.worker.metrics import timed
from streams.worker.patience import Patience
from streams.worker.publisher import Publishing
from streams.worker.reader import Slice
from streams.worker.remembered import Remembered
from streams.worker.saver import Advanced, Saver, changed
from streams.worker.scorer import Scorer
from streams.worker.standings import Standings

logger = logging.getLogger(__name__)

_IN_A_ROW = 100
"""Customers that are advanced in a row: then other partitions have a turn, which may have all ready to be sent."""


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
        self._saver = Saver(store, publisher, self._patience)

    async def step(self, partition: int, part: Slice) -> int:
        """Advance the customers touched in a slice and those who are due at its end; returns how many were due.

        Raises:
            BehindError, StateLostError: if Redis is not where it was; see `Standings`.
        """
        waiting: Mapping[str, Sequence[Touch]] = part.touches
        most_due = 0
        while True:
            # 1. Load what is not remembered. Publish what a step before has saved, but maybe not published.
            with timed("load"):
                loaded = await self._load(partition, waiting, part.now)
            await self._saver.say(partition, loaded.standing.step, loaded.unsaid)
            most_due = max(most_due, len(loaded.due))
            # 2. Fold, settle, score, decide.
            now = max(part.now, loaded.standing.time)
            offers = loaded.budget.offers if loaded.budget else 0
            advanced = await self._advance(loaded.profiles, waiting, now, part, loaded.budget)
            # 3. Put aside what cannot be read, save the rest, and publish what there is to say of it.
            await self._patience(partial(self._publisher.rejected, [*part.refused, *advanced.refused]))
            part = replace(part, refused=[])
            reached = Standing(_further(loaded.standing.position, part.end), now)
            done, conflicts = dict[str, Step](), list[str]()
            again = partial(self._advance_some, loaded.profiles, waiting, now, part)
            try:
                async for steps, saved in self._saver.save(
                    partition, loaded, offers, advanced, reached, part.trace_of, again
                ):
                    self._keep(partition, loaded.profiles, steps, saved)
                    done |= steps
                    conflicts += saved.conflicts
            except MovedError:
                self._remembered.forget_all()
                continue
            finally:
                _count(loaded.profiles, done, conflicts)
            # 4. Whoever was saved by another writer meanwhile is loaded and advanced again.
            if not conflicts:
                return most_due
            metrics.SAVE_CONFLICTS.inc(len(conflicts))
            waiting = {name: waiting.get(name, ()) for name in conflicts}
            part = Slice(part.now, part.end, batch=part.batch, trace_of=part.trace_of)

    async def confirm(self, partition: int) -> None:
        """Make sure that a partition where nothing happens stands where it was, and that all it said is published.

        Raises the same errors as `step`.
        """
        found = await self._ask(partition, (), 0.0)
        if not self._standings.saw(partition, found.standing):
            self._remembered.forget_all()
        await self._saver.say(partition, found.standing.step, found.unsaid)

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
        published = self._saver.published(partition)
        return await self._patience(partial(self._store.load, partition, customers, now, published))

    async def _advance(
        self,
        profiles: Mapping[str, Profile],
        waiting: Mapping[str, Sequence[Touch]],
        now: float,
        part: Slice,
        budget: Budget | None,
    ) -> Advanced:
        models, norms, policy = self._scorer.models, self._scorer.norms, self._current.policy
        steps, refused, asked = dict[str, Step](), list[Rejected](), list[str]()
        customers = iter(profiles.items())
        while row := [*islice(customers, _IN_A_ROW)]:
            with timed("advance"):
                for customer, profile in row:
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
            await asyncio.sleep(0)
        return Advanced(steps, refused, asked)

    async def _advance_some(
        self,
        profiles: Mapping[str, Profile],
        waiting: Mapping[str, Sequence[Touch]],
        now: float,
        part: Slice,
        customers: Collection[str],
        budget: Budget,
    ) -> Advanced:
        return await self._advance({customer: profiles[customer] for customer in customers}, waiting, now, part, budget)

    def _keep(self, partition: int, loaded: Mapping[str, Profile], steps: Mapping[str, Step], saved: Saved) -> None:
        saved_now = changed(loaded, steps)
        for profile in saved_now:
            profile.revision += 1
        self._remembered.keep(zip(saved_now, saved.sizes, strict=True))
        self._remembered.forget(saved.conflicts)
        self._standings.saw(partition, saved.standing)


def _further(position: int | None, end: int | None) -> int | None:
    return end if position is None else max(position, end or 0)


def _not_folded(error: Exception) -> Rejection:
    return Rejection(code=RejectionCode.NOT_FOLDED, message=f"could not be folded: {type(error).__name__}")


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
