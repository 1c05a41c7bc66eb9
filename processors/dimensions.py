"""Dimensions: what customers are told apart by when it is asked whom a change has hit."""

from processors.facets.acquisition import path
from schemas.facts import Facts

MAX_VALUE = 40
_NONE = "none"


def dimensions_of(facts: Facts, segment: str) -> dict[str, str]:
    """A customer's value in each dimension: the channel they mostly use, what they mostly do lately, the plan they are
    on (by a trait of that name), where they first came from and by which campaign, and the segment by recency,
    frequency and money that they stood in when a prediction was made. (Who has left since stands in another one.)
    """
    plan, visits = facts.traits.get("plan"), path(facts.origin) if facts.origin else []
    return {
        "channel": _most(facts.channels),
        "kind": _most(facts.kind_rates),
        "plan": str(plan)[:MAX_VALUE] if plan is not None else _NONE,
        "source": visits[0].source.channel if visits else _NONE,
        "campaign": (visits[0].source.campaign if visits else "") or _NONE,
        "segment": segment or _NONE,
    }


def _most(counts: dict[str, int] | dict[str, float]) -> str:
    return max(counts.items(), key=lambda each: (each[1], each[0]))[0] if counts else _NONE
