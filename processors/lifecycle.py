"""Where a customer stands: still worth a prediction, gone in so many words, or lost to silence; and the stages of the
life of a customer, each dated by when it really began, whenever that is noticed."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from operator import attrgetter
from typing import Literal

from schemas.facts import Facts
from schemas.judgements import Place
from schemas.kinds import MEANINGFUL, Kind
from schemas.policy import Policy, Spans
from schemas.segments import NEWCOMERS, Stage
from schemas.touch import Touch

Status = Literal["known", "active", "left", "lost"]

# Looking a member up in its enumeration costs more than the rest of a comparison.
_LEAVE = Kind.LEAVE
_HERE = frozenset[str](("new", "active", "returning"))
_time_of = attrgetter("at")


def status(facts: Facts, now: float, policy: Policy) -> Status:
    """`known` without a meaningful touchpoint yet; `left` after an explicit leave; `lost` past the activity span.

    Whoever does not want to be profiled is `known`, too, and no more than that.
    """
    if facts.unprofiled:
        return "known"
    if facts.left_at:
        return "left"
    if not facts.last_meaningful:
        return "known"
    return "active" if now < facts.last_meaningful + policy.seconds.activity else "lost"


def is_gone(facts: Facts, now: float, policy: Policy) -> bool:
    """Whether somebody left, or fell silent for the activity span: also of those who are no more than `known`."""
    return bool(facts.left_at) or now >= (facts.last_meaningful or facts.last_seen) + policy.seconds.activity


@dataclass
class _Life:
    """What stages are told from: when the customer was first and last seen, left, and came back; 0 is never."""

    first: float
    last: float
    left: float
    back: float

    def take(self, touch: Touch, activity: float) -> None:
        """Live through a touch."""
        at = touch.at
        if touch.kind is _LEAVE:
            self.left = at if at >= max(self.left, self.last) else self.left
        elif touch.kind in MEANINGFUL:
            if self.last and (at >= self.last + activity or 0.0 < self.left < at):
                self.back = at
            self.last, self.left = max(self.last, at), 0.0 if at > self.left else self.left

    def stage(self, at: float, spans: Spans) -> Stage | None:
        """The stage at a time from the last touch on; none before a meaningful touchpoint."""
        if self.left:
            return "left"
        if not self.last:
            return None
        if at >= self.last + spans.activity:
            return "lost"
        if self.back and at < self.back + spans.horizon:
            return "returning"
        if at < self.first + spans.horizon:
            return "new"
        return "dormant" if at >= self.last + spans.horizon else "active"

    def turns(self, spans: Spans) -> list[float]:
        """The times at which a stage may end in silence, in their order."""
        horizon = spans.horizon
        return sorted((self.first + horizon, self.back + horizon, self.last + horizon, self.last + spans.activity))


def returned(before: Facts, touches: Sequence[Touch], policy: Policy) -> float:
    """When a customer who was lost, or had left, came back among these touches; 0 if that did not happen."""
    last, activity = before.last_meaningful, policy.seconds.activity
    if last and not before.left_at:
        for touch in touches:
            if touch.at >= last + activity or touch.kind is _LEAVE:
                break
        else:
            # Nearly always: nobody was away.
            return 0.0
    life = _Life(before.first_seen, before.last_meaningful, before.left_at, 0.0)
    for touch in sorted(touches, key=_time_of):
        life.take(touch, policy.seconds.activity)
    return life.back


def stage_after(
    held: Place | None,
    before: Facts,
    was_back: float,
    touches: Sequence[Touch],
    facts: Facts,
    back: float,
    now: float,
    policy: Policy,
) -> Place | None:
    """The stage after these touches at `now`, and since when: the moment at which it began, not that at which it was
    noticed, and the same however the touches were cut into batches.

    `held`, `before` and `was_back` (when they last came back) are as of the last look; `facts` and `back` as of now.
    What comes late counts from when it came: a stage never begins before the one that it follows.
    """
    spans = policy.seconds
    if held is not None and back == was_back and lasts(held, before, back, touches, facts, now, spans):
        return held
    if (
        held is None
        and not (before.last_meaningful or before.left_at or facts.left_at or back)
        and now < facts.first_seen + min(spans.horizon, spans.activity)
    ):
        # Next often: somebody new has come.
        came = [touch.at for touch in touches if touch.kind in MEANINGFUL]
        if not came and not facts.last_meaningful:
            return None
        if came and not any(touch.kind is _LEAVE for touch in touches):
            return Place("new", round(min(came), 3), NEWCOMERS)
    life = _Life(facts.first_seen, before.last_meaningful, before.left_at, was_back)
    walk = _Walk(held, known_before=bool(before.last_meaningful or before.left_at))
    for touch in sorted(touches, key=_time_of):
        walk.be_silent(life, touch.at, spans)
        life.take(touch, spans.activity)
        walk.move(life.stage(max(walk.at, touch.at), spans), touch.at)
    # What another key hands over is in the facts without having been among the touches.
    life = _Life(facts.first_seen, facts.last_meaningful, facts.left_at, back)
    walk.be_silent(life, now, spans)
    walk.move(life.stage(now, spans), now)
    return walk.place


def lasts(
    held: Place, before: Facts, back: float, touches: Sequence[Touch], facts: Facts, now: float, spans: Spans
) -> bool:
    """Whether a stage has lasted through these touches until `now`, as it nearly always has, of a customer who did not
    come back meanwhile."""
    if facts.left_at or (touches and held.name not in _HERE):
        return False
    return now < ends_at(held, before, back, spans)


def ends_at(held: Place, facts: Facts, back: float, spans: Spans) -> float:
    """When a stage ends if nothing happens; infinity for what does not end so."""
    name, last = held.name, facts.last_meaningful
    if name == "active":
        return last + min(spans.horizon, spans.activity)
    if name == "dormant":
        return last + spans.activity
    if name == "new":
        return min(facts.first_seen + spans.horizon, last + spans.activity)
    return min(back + spans.horizon, last + spans.activity) if name == "returning" else inf


class _Walk:
    """The stages of a customer, one after the other; `at` is how far they have been followed."""

    def __init__(self, place: Place | None, known_before: bool) -> None:
        self.place, self.at = place, place.since if place is not None else 0.0
        self._unknown = place is None and known_before

    def be_silent(self, life: _Life, until: float, spans: Spans) -> None:
        """Follow what ends in silence before a time, or just then."""
        if self.place is not None:
            for turn in life.turns(spans):
                if self.at < turn <= until:
                    self.move(life.stage(turn, spans), turn)

    def move(self, stage: Stage | None, at: float) -> None:
        """Be at a stage from a time on."""
        self.at = max(self.at, at)
        if stage is None:
            self.place = None
        elif self.place is None or self.place.name != stage:
            # Whoever was known before stages were looked at was in this one already.
            before = self.place.name if self.place is not None else "" if self._unknown else NEWCOMERS
            self.place = Place(stage, round(self.at, 3), before)
            self._unknown = False
