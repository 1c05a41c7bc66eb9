"""Satisfaction: what a customer answered in surveys, by kind of survey, and how often they were asked."""

from collections.abc import Mapping, Sequence
from typing import Any

from schemas.facts import Answer, Facts, Survey
from schemas.kinds import Kind
from schemas.policy import Policy
from schemas.touch import Touch


def fold(facts: Facts, touches: Sequence[Touch], policy: Policy) -> None:
    """Count answers and surveys sent. The last two answers are those of the latest times, whenever they come."""
    surveys = facts.surveys
    for touch in touches:
        if touch.details is None or not (name := touch.details.survey):
            continue
        before = surveys.get(name) or Survey()
        if touch.kind is Kind.CAMPAIGN:
            after = Survey(before.asked + 1, before.answered, before.total, before.last)
        elif touch.rating is not None:
            last = _last([*before.last, Answer(touch.at, touch.rating)])
            after = Survey(before.asked, before.answered + 1, round(before.total + touch.rating, 4), last)
        else:
            continue
        surveys = {**surveys, name: after}
    facts.surveys = surveys


def merged(own: Facts, other: Facts) -> Mapping[str, Any]:
    """The answers under both keys."""
    surveys = dict(own.surveys)
    for name, theirs in other.surveys.items():
        ours = surveys.get(name) or Survey()
        surveys[name] = Survey(
            ours.asked + theirs.asked,
            ours.answered + theirs.answered,
            round(ours.total + theirs.total, 4),
            _last([*ours.last, *theirs.last]),
        )
    return {"surveys": surveys}


def _last(answers: Sequence[Answer]) -> list[Answer]:
    """The last two; of answers of one time the better one counts as later, whichever came first."""
    return sorted(answers, key=lambda answer: (answer.at, answer.rating))[-2:]
