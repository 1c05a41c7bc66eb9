"""Segments: which named groups a customer stands in now, since when, and where they were before.

A customer stands in one stage of the lifecycle, in one segment by recency, frequency and money, and in one cluster of
those who behave alike. Stages are looked at in every step, and end by a timer of their own; the others move slowly, and
are looked at once a day and at every order.
"""

from collections.abc import Iterator, Sequence

from processors.decay import DAY
from processors.lifecycle import stage_of
from processors.segments.rfm import measure, score, turns_at
from schemas.facts import Facts
from schemas.judgements import Judgements, Memberships, Place
from schemas.norms import Norms, RfmBounds
from schemas.policy import Policy
from schemas.segments import NEWCOMERS, By
from schemas.touch import Touch

_NOWHERE = Memberships()


def memberships(
    was: Facts,
    before: Judgements,
    touches: Sequence[Touch],
    facts: Facts,
    returned_at: float,
    now: float,
    norms: Norms,
    policy: Policy,
) -> Memberships | None:
    """The segments of a customer at `now` (epoch seconds), after these touches.

    `was` and `before` are as of the last look, `facts` and `returned_at` as of now. Who does not want to be profiled
    stands in none.
    """
    held, without = before.segments or _NOWHERE, policy.without
    if facts.unprofiled or facts.moved_to or "segments" in without:
        return None
    lifecycle, rfm, rfm_at = None, None, 0.0
    if "lifecycle" not in without:
        lifecycle = stage_of(held.lifecycle, was, before.returned_at, touches, facts, returned_at, now, policy)
    if "rfm" not in without:
        rfm, rfm_at = held.rfm, held.rfm_at
        if norms.rfm is not None and (
            rfm is None or facts.money is not was.money or _another_day(before, now) or 0.0 < rfm_at <= now
        ):
            rfm, rfm_at = _rfm(rfm, was, facts, now, norms.rfm)
        elif 0.0 < rfm_at <= now:
            # Nobody has counted the customers yet, or there are too few by now.
            rfm_at = round(now + DAY, 3)
    if lifecycle is held.lifecycle and rfm is held.rfm and rfm_at == held.rfm_at:
        return before.segments
    return Memberships(lifecycle, rfm, None, rfm_at)


def places(held: Memberships | None) -> Iterator[tuple[By, Place]]:
    """The segments that a customer stands in, each with how it is told apart."""
    if held is None:
        return
    if held.lifecycle is not None:
        yield "lifecycle", held.lifecycle
    if held.rfm is not None:
        yield "rfm", held.rfm
    if held.cluster is not None:
        yield "cluster", held.cluster


def _another_day(before: Judgements, now: float) -> bool:
    """Whether it is the first look of a day (UTC), as far as can be told; whoever is not scored is seldom looked at."""
    return before.scores is None or before.scores.at // DAY != now // DAY


def _rfm(held: Place | None, was: Facts, facts: Facts, now: float, bounds: RfmBounds) -> tuple[Place | None, float]:
    """The segment by recency, frequency and money, and when to look at it again."""
    measured = measure(facts, bounds.paying)
    if measured is None:
        return None, 0.0
    name = score(measured, now, bounds).name
    if held is None or held.name != name:
        unrated = (not was.money) if bounds.paying else (not was.last_meaningful)
        held = Place(name, round(now, 3), held.name if held is not None else NEWCOMERS if unrated else "")
    # Once a day does; where everybody comes every hour, fifths are minutes apart.
    turns = turns_at(measured, now, bounds)
    return held, round(max(turns, now + DAY), 3) if turns < float("inf") else 0.0
