"""Pains: what has gone wrong for a customer lately, by the names of the touchpoints that say so.

Friction and contacts with service count, three of the same within `LATELY`, and waiting long for a case to be solved.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from processors.decay import DAY
from processors.kinds import normal_name
from schemas.facts import Facts
from schemas.kinds import Kind
from schemas.policy import Policy
from schemas.touch import Touch

LATELY = 30 * DAY
LONG_WAIT = 3 * DAY
"""Seconds for which a case may stand open before that is a pain of its own."""
REPEATED = 3
MAX_PAINS = 8
MAX_NAME = 40
_WAITED = "long wait"
# Looking a member up in a set costs more than comparing it.
_FRICTION, _SERVICE = Kind.FRICTION, Kind.SERVICE
_OPENS = frozenset(
    ("ticket created", "support ticket created", "call started", "live chat conversation started", "case created")
)
_SOLVES = frozenset(
    (
        "ticket solved", "ticket closed", "support ticket solved", "call ended", "live chat conversation ended",
        "case closed",
    )
)  # fmt: skip


def fold(facts: Facts, touches: Sequence[Touch], policy: Policy) -> None:
    """Remember the last times of each pain. Of more than `MAX_PAINS` names the latest are kept."""
    pains = facts.pains
    for touch in touches:
        if touch.kind is not _FRICTION and touch.kind is not _SERVICE:
            continue
        name = normal_name(touch.name)
        if name in _SOLVES:
            if facts.case_at and touch.at - facts.case_at > LONG_WAIT:
                pains = _with(pains, _WAITED, [touch.at])
            facts.case_at = 0.0
            continue
        if name in _OPENS and not facts.case_at:
            facts.case_at = touch.at
        pains = _with(pains, name[:MAX_NAME], [touch.at])
    facts.pains = pains


def merged(own: Facts, other: Facts) -> Mapping[str, Any]:
    """The pains under both keys; of two open cases the older one waits."""
    pains = own.pains
    for name, times in other.pains.items():
        pains = _with(pains, name, times)
    open_ = [case for case in (own.case_at, other.case_at) if case]
    return {"pains": pains, "case_at": min(open_, default=0.0)}


def pains_of(facts: Facts, now: float) -> list[str]:
    """What has gone wrong within `LATELY` before `now`, in the order of names."""
    found = []
    for name, times in facts.pains.items():
        lately = sum(now - LATELY < at <= now for at in times)
        if lately:
            found.append(name)
        if lately >= REPEATED:
            found.append(f"repeated {name}")
    if facts.case_at and now - facts.case_at > LONG_WAIT and _WAITED not in found:
        found.append(_WAITED)
    return sorted(found)


def _with(pains: dict[str, list[float]], name: str, times: Sequence[float]) -> dict[str, list[float]]:
    after = {**pains, name: sorted([*pains.get(name, ()), *times])[-REPEATED:]}
    if len(after) > MAX_PAINS:
        del after[min(after, key=lambda each: (after[each][-1], each))]
    return after
