"""Where a customer stands: still worth a prediction, gone in so many words, or lost to silence."""

from collections.abc import Sequence
from operator import attrgetter
from typing import Literal

from schemas.facts import Facts
from schemas.kinds import MEANINGFUL, Kind
from schemas.policy import Policy
from schemas.touch import Touch

Status = Literal["known", "active", "left", "lost"]


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


def returned(before: Facts, touches: Sequence[Touch], policy: Policy) -> float:
    """When a customer who was lost, or had left, came back among these touches; 0 if that did not happen."""
    last, left, back = before.last_meaningful, before.left_at, 0.0
    for touch in sorted(touches, key=attrgetter("at")):
        at = touch.at
        if touch.kind is Kind.LEAVE:
            left = at if at >= max(left, last) else left
        elif touch.kind in MEANINGFUL:
            if last and (at >= last + policy.seconds.activity or 0.0 < left < at):
                back = at
            last, left = max(last, at), 0.0 if at > left else left
    return back
