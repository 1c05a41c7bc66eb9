"""The journey: which step came after which, how often and how long after, and when each step was first taken.

Steps are touchpoints that have a kind; two of the same kind in a row are a transition like others. Seconds are whole.

Late touchpoints are put where they belong as long as that is known: among the last eight, and before the very first.
So transitions are those of the log in the order of its times for whoever's touchpoints are late by no more than seven
others. What comes later than that is in no transition, and never becomes one. `unplaced` counts it.

Two keys of one person come to exactly one journey if one was active after the other, if neither had more than eight
steps, or if one had not and was active only since the eighth last step of the other. Otherwise the transitions of both
are added up, with the latest steps of both in one order, and what came before the first step of the key that began
later is not known. First times are exact always.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import pairwise
from operator import attrgetter
from typing import Any

from processors.funnels import followed
from processors.kinds import normal_name
from processors.transitions import BEGIN, STEPS, Transitions, walked
from schemas.facts import Facts, LastTouch
from schemas.kinds import Kind
from schemas.policy import Policy
from schemas.touch import Touch

MOST_FIRSTS = 96
"""First times that are kept: more than ten kinds and eight funnels of eight steps, which the policy may change."""
_REMEMBERED = 8
_NEVER = 1 << 62
_ALWAYS = float("-inf")
_time_of = attrgetter("at")


def fold(facts: Facts, touches: Sequence[Touch], policy: Policy) -> None:
    """Count the transitions that these touches make, and note first times. They stand in `facts.recent` already."""
    steps = [touch for touch in touches if touch.kind is not None]
    if not steps:
        return
    new = len(facts.recent) - len(steps)
    latest = facts.recent[new:]
    if in_order := [step.at for step in steps] == [step.at for step in latest]:
        before = facts.recent[new - 1] if new else None
        step, at = (_step(before), int(before.at)) if before is not None else (BEGIN, int(latest[0].at))
        packed = walked(facts.moves, step, at, latest)
    else:
        packed = _spliced(facts, steps).packed()
    # What comes after all others is the first of its kind only if it makes a transition that there was not.
    if not in_order or policy.followed or len(packed) > len(facts.moves):
        facts.firsts = _earlier(facts.firsts, steps, policy)
    facts.moves = packed


def unplaced(facts: Facts) -> int:
    """Steps in no transition: they came too late for it to be known what came before them."""
    return max(0, sum(facts.kinds.values()) - sum(each.often for each in Transitions(facts.moves)))


def merged(own: Facts, other: Facts) -> Mapping[str, Any]:
    """One journey of both."""
    if not own.firsts or not other.firsts:
        held = own if own.firsts else other
        return {"moves": held.moves, "firsts": held.firsts}
    firsts = dict(own.firsts)
    for step, at in other.firsts.items():
        firsts[step] = min(at, firsts.get(step, at))
    early, late = sorted((own, other), key=lambda facts: (_begun(facts), _remembered_since(facts) == _ALWAYS))
    moves, later = Transitions(early.moves), Transitions(late.moves)
    moves.join(later)
    begun, last = _begun(late), early.recent[-1]
    if later.first is not None and int(last.at) < begun:
        moves.add(_step(last), later.first, begun - int(last.at))
    else:
        _weave(own, other, moves)
    return {"moves": moves.packed(), "firsts": firsts}


def _step(touch: LastTouch | Touch) -> int:
    return STEPS[touch.kind or Kind.ENGAGE]


def _begun(facts: Facts) -> int:
    """When the journey began: no step is before it, whether it could be placed or not."""
    return min(facts.firsts.values(), default=_NEVER)


def _earlier(firsts: dict[int, int], steps: Sequence[Touch], policy: Policy) -> dict[int, int]:
    """The first times with these steps among them."""
    found, events = firsts, followed(policy.followed)
    for touch in steps:
        step, at = STEPS[touch.kind], touch.at  # type: ignore[index]
        if at < found.get(step, _NEVER):
            found = {**found, step: int(at)}
        if events and (key := events.get(normal_name(touch.name))) is not None and at < found.get(key, _NEVER):
            found = {**found, key: int(at)}
    if len(found) > MOST_FIRSTS:
        wanted = {*STEPS.values(), *events.values()}
        found = {key: at for key, at in found.items() if key in wanted}
    return found


def _spliced(facts: Facts, steps: Sequence[Touch]) -> Transitions:
    """The transitions with steps put in where they belong among the last ones, one after the other as they came."""
    moves, known, begun = Transitions(facts.moves), _before(facts.recent, steps), _begun(facts)
    count = sum(facts.kinds.values()) - len(steps)
    for touch in steps:
        place = bisect_right(known, touch.at, key=_time_of)
        step, at = _step(touch), int(touch.at)
        if place:
            before = known[place - 1]
            after = known[place] if place < len(known) else None
            if after is None or moves.take_off(_step(before), _step(after), int(after.at) - int(before.at)):
                moves.add(_step(before), step, at - int(before.at))
                if after is not None:
                    moves.add(step, _step(after), int(after.at) - at)
        elif not count:
            moves.add(BEGIN, step, 0)
        elif (count == len(known) or at < begun) and (first := moves.first) is not None:
            moves.take_off(BEGIN, first, 0)
            moves.add(BEGIN, step, 0)
            moves.add(step, first, max(0, begun - at))
        known.insert(place, LastTouch(touch.at, touch.name, touch.kind))
        del known[:-_REMEMBERED]
        count += 1
        begun = min(begun, at)
    return moves


def _before(recent: Sequence[LastTouch], steps: Sequence[Touch]) -> list[LastTouch]:
    """The last touches as they were before these steps: what came later stands behind what has the same time."""
    known = list(recent)
    for touch in reversed(steps):
        del known[bisect_right(known, touch.at, key=_time_of) - 1]
    return known


def _weave(own: Facts, other: Facts, moves: Transitions) -> None:
    """Where two keys were active at the same time: bring into one order what is remembered of both."""
    since = max(_remembered_since(own), _remembered_since(other))
    for recent in (own.recent, other.recent):
        for before, after in pairwise(recent):
            if after.at >= since:
                moves.take_off(_step(before), _step(after), int(after.at) - int(before.at))
    both = sorted([*other.recent, *own.recent], key=_time_of)
    known = [touch for touch in both if touch.at >= since]
    for before, after in pairwise(known):
        moves.add(_step(before), _step(after), int(after.at) - int(before.at))
    if since == _ALWAYS and (first := moves.first) is not None:
        moves.take_off(BEGIN, first, 0)
        moves.add(BEGIN, _step(known[0]), 0)


def _remembered_since(facts: Facts) -> float:
    """From when on every step is among the recent ones."""
    return facts.recent[0].at if sum(facts.kinds.values()) > len(facts.recent) else _ALWAYS
