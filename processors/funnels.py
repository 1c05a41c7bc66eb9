"""How far a customer came in a funnel, by the first time that each of its steps was taken."""

from collections.abc import Mapping
from functools import lru_cache
from zlib import crc32

from processors.kinds import normal_name
from processors.transitions import STEPS
from schemas.funnel import Funnel

_EVENT = 1 << 31
"""Set in the keys of events, which kinds are far below."""


def key_of(step: str) -> int:
    """The key in the facts' `firsts` of a kind, or of the name of an event, however it is spelled."""
    return STEPS.get(step) or crc32(normal_name(step).encode()) | _EVENT


@lru_cache(maxsize=8)
def followed(events: frozenset[str]) -> Mapping[str, int]:
    """The keys of these events, by their names as `normal_name` spells them."""
    return {normal_name(event): key_of(event) for event in events}


def times(firsts: Mapping[int, int], funnel: Funnel) -> list[int]:
    """When a customer came to each step, up to the last one that was reached; in epoch seconds.

    A step is reached if its first time is not before that of the step before, and not later than `within` after the
    first step. Seconds are whole, so what happened within the same one is in order.
    """
    reached: list[int] = []
    for step in funnel.steps:
        at = firsts.get(key_of(step))
        if at is None or (reached and not reached[-1] <= at <= _until(reached[0], funnel)):
            break
        reached.append(at)
    return reached


def _until(begun: int, funnel: Funnel) -> float:
    return float("inf") if funnel.within is None else begun + funnel.within.total_seconds()
