"""The stages of a journey: from finding the business to leaving it."""

from collections.abc import Mapping

from processors.transitions import STEPS
from schemas.facts import Facts
from schemas.kinds import Kind

STAGES = (Kind.DISCOVER, Kind.CONSIDER, Kind.PURCHASE, Kind.ENGAGE, Kind.SERVICE, Kind.LEAVE)
"""In their order. Other kinds of touchpoints belong to no stage."""


def stage_of(facts: Facts) -> Kind | None:
    """The furthest stage that was reached; `leave` only for as long as the customer has not come back."""
    if facts.left_at:
        return Kind.LEAVE
    return next((stage for stage in reversed(STAGES[:-1]) if stage in facts.kinds), None)


def went_on(firsts: Mapping[int, int], stage: Kind) -> int | None:
    """When a customer who reached a stage first came to a later one from there, in epoch seconds.

    A later stage counts if its first time is not before that of this one; leaving does not. None if there is none.
    """
    at = firsts[STEPS[stage]]
    later = STAGES[STAGES.index(stage) + 1 : -1]
    return min((first for each in later if (first := firsts.get(STEPS[each], -1)) >= at), default=None)
