"""Where a customer stands: still worth a prediction, gone in so many words, or lost to silence."""

from typing import Literal

from schemas.policy import Policy
from schemas.profile import Facts

Status = Literal["known", "active", "left", "lost"]


def status(facts: Facts, now: float, policy: Policy) -> Status:
    """`known` without a meaningful touchpoint yet; `left` after an explicit leave; `lost` past the activity span."""
    if facts.left_at:
        return "left"
    if not facts.last_meaningful:
        return "known"
    return "active" if now < facts.last_meaningful + policy.seconds.activity else "lost"
