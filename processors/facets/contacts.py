"""Contacts: when somebody of the business did something for a customer, so that nobody is contacted too often."""

from collections.abc import Mapping, Sequence
from typing import Any

from schemas.facts import Facts
from schemas.policy import Policy
from schemas.touch import Touch

MAX_CONTACTS = 8


def fold(facts: Facts, touches: Sequence[Touch], policy: Policy) -> None:
    """Keep the last times of actions that were reported."""
    for touch in touches:
        if touch.details is not None and touch.details.action:
            facts.contacted = sorted([*facts.contacted, touch.at])[-MAX_CONTACTS:]


def merged(own: Facts, other: Facts) -> Mapping[str, Any]:
    """The last times under both keys."""
    return {"contacted": sorted([*own.contacted, *other.contacted])[-MAX_CONTACTS:]}
