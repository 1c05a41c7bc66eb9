"""Journeys: which steps all customers take one after the other, how far they come, and where they leave."""

from collections import Counter
from datetime import UTC, datetime

from processors.facets.journey import unplaced
from processors.funnels import times
from processors.lifecycle import is_gone
from processors.stages import STAGES, went_on
from processors.transitions import BEGIN, KINDS, STEPS, Transitions
from processors.usefulness import wilson
from schemas.duration import format_duration
from schemas.facts import Facts
from schemas.funnel import Funnel
from schemas.journeys import (
    FunnelSeen,
    FunnelStep,
    Journeys,
    JourneyStep,
    NextStep,
    Share,
    StageReached,
    WayOut,
)
from schemas.kinds import Kind
from schemas.policy import Policy
from schemas.profile import Profile

MOST_WAYS_OUT = 10
_NOT_THEIRS = (Kind.CAMPAIGN, Kind.LEAVE)
"""What may come after a customer's last step: what is sent to who is silent, and the leave itself."""


class JourneysTally:
    """Counts whole numbers alone, so that the order in which customers come does not show."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._customers = self._gone = self._unplaced = 0
        self._taken, self._left, self._silent = Counter[str](), Counter[str](), Counter[str]()
        self._often, self._seconds = Counter[tuple[int, int]](), Counter[tuple[int, int]]()
        self._ways_out = Counter[tuple[Kind, ...]]()
        self._stages = {stage: _Stage() for stage in STAGES}
        self._funnels = {name: _Funnel(funnel) for name, funnel in policy.funnels.items()}

    def add(self, profile: Profile, now: float) -> None:
        """Count a customer."""
        facts = profile.facts
        if not facts.firsts:
            return
        gone = is_gone(facts, now, self._policy)
        self._customers += 1
        self._gone += gone
        self._unplaced += unplaced(facts)
        self._taken.update(facts.kinds)
        for before, after, count, seconds in Transitions(facts.moves):
            self._often[before, after] += count
            self._seconds[before, after] += seconds
        if gone:
            self._leave(facts)
        for stage, tally in self._stages.items():
            at = facts.firsts.get(STEPS[stage])
            if at is not None:
                tally.add(at, went_on(facts.firsts, stage), gone)
        for funnel in self._funnels.values():
            funnel.add(facts.firsts, gone)

    def told(self, now: float) -> Journeys:
        """The section."""
        ways_out = sorted(self._ways_out.items(), key=lambda way: (-way[1], way[0]))[:MOST_WAYS_OUT]
        return Journeys(
            at=datetime.fromtimestamp(now, UTC),
            customers=self._customers,
            gone=self._gone,
            unplaced=self._unplaced,
            steps=[self._step(kind) for kind in Kind if self._taken[kind]],
            stages=[tally.told(stage) for stage, tally in self._stages.items()],
            funnels=[funnel.told(name) for name, funnel in self._funnels.items()],
            ways_out=[WayOut(steps=list(steps), customers=customers) for steps, customers in ways_out],
        )

    def _leave(self, facts: Facts) -> None:
        """Where somebody was last who is gone, of what is remembered."""
        own = [touch.kind for touch in facts.recent if touch.kind is not None and touch.kind not in _NOT_THEIRS]
        if own:
            (self._left if facts.left_at else self._silent)[own[-1]] += 1
            self._ways_out[tuple(own[-2:])] += 1

    def _step(self, kind: Kind) -> JourneyStep:
        number, taken = STEPS[kind], self._taken[kind]
        following = [
            NextStep(
                step=KINDS[after],
                count=count,
                share=count / taken,
                mean_seconds=round(self._seconds[before, after] / count, 1),
            )
            for (before, after), count in self._often.items()
            if before == number
        ]
        return JourneyStep(
            step=kind,
            taken=taken,
            began=self._often[BEGIN, number],
            left=self._left[kind],
            silent=self._silent[kind],
            leaving=(self._left[kind] + self._silent[kind]) / taken,
            next=sorted(following, key=lambda each: (-each.count, each.step)),
        )


class _Stage:
    """One stage, being counted."""

    def __init__(self) -> None:
        self._reached = self._went_on = self._dropped = self._seconds = 0

    def add(self, at: int, later: int | None, gone: bool) -> None:
        """A customer who reached it, and came to a later one, or did not."""
        self._reached += 1
        if later is not None:
            self._went_on += 1
            self._seconds += later - at
        else:
            self._dropped += gone

    def told(self, stage: Kind) -> StageReached:
        return StageReached(
            stage=stage,
            reached=self._reached,
            went_on=self._went_on,
            dropped=self._dropped,
            waiting=self._reached - self._went_on - self._dropped,
            mean_seconds=_mean(self._seconds, self._went_on),
        )


class _Funnel:
    """One funnel, being counted."""

    def __init__(self, funnel: Funnel) -> None:
        self._funnel, steps = funnel, len(funnel.steps)
        self._reached, self._dropped, self._seconds = [0] * steps, [0] * steps, [0] * steps

    def add(self, firsts: dict[int, int], gone: bool) -> None:
        """A customer, with when each step was first taken."""
        reached = times(firsts, self._funnel)
        for place, at in enumerate(reached):
            self._reached[place] += 1
            self._seconds[place] += at - reached[place - 1] if place else 0
        if reached:
            self._dropped[len(reached) - 1] += gone

    def told(self, name: str) -> FunnelSeen:
        within = self._funnel.within
        steps = [self._step(place) for place in range(len(self._reached))]
        return FunnelSeen(name=name, within=None if within is None else format_duration(within), steps=steps)

    def _step(self, place: int) -> FunnelStep:
        reached, further = self._reached[place], [*self._reached, 0][place + 1]
        last = place == len(self._reached) - 1
        dropped = 0 if last else self._dropped[place]
        return FunnelStep(
            step=self._funnel.steps[place],
            reached=reached,
            of_previous=_share(reached, self._reached[place - 1]) if place else None,
            of_first=_share(reached, self._reached[0]) if place else None,
            mean_seconds=_mean(self._seconds[place], reached) if place else None,
            dropped=dropped,
            waiting=0 if last else reached - further - dropped,
        )


def _mean(seconds: int, count: int) -> float | None:
    return round(seconds / count, 1) if count else None


def _share(hits: int, count: int) -> Share | None:
    if not count:
        return None
    low, high = wilson(hits, count)
    return Share(share=hits / count, low=low, high=high)
