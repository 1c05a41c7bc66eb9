"""Dimensions: what customers are told apart by when it is asked whom a change has hit."""

from schemas.facts import Facts

MAX_VALUE = 40
_NONE = "none"


def dimensions_of(facts: Facts) -> dict[str, str]:
    """A customer's value in each dimension: the channel they mostly use, what they mostly do lately, and the
    plan they are on, by a trait of that name."""
    plan = facts.traits.get("plan")
    return {
        "channel": _most(facts.channels),
        "kind": _most(facts.kind_rates),
        "plan": str(plan)[:MAX_VALUE] if plan is not None else _NONE,
    }


def _most(counts: dict[str, int] | dict[str, float]) -> str:
    return max(counts.items(), key=lambda each: (each[1], each[0]))[0] if counts else _NONE
