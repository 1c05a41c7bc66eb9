"""Attitude beside behaviour: who says one thing and does another is worth a look of somebody's own."""

from processors.decay import DAY
from processors.watched import Watched
from schemas.alert import AlertKind
from schemas.facts import Answer, Facts
from schemas.judgements import Scores
from schemas.policy import Policy

DELIGHTED, UNHAPPY = 0.9, 0.5
"""Answers on a scale of 0 to 1: a promoter's 9 of 10 or better; 5 of 10, 3 of 5 stars, or worse."""
HOLDS = 90 * DAY
"""Seconds for which an answer says how somebody feels."""

_KEY = str(AlertKind.ATTITUDE_GAP)


def latest(facts: Facts) -> Answer | None:
    """The last answer to any survey; none if there was none."""
    answers = [survey.last[-1] for survey in facts.surveys.values() if survey.last]
    return max(answers, key=lambda answer: (answer.at, answer.rating), default=None)


def attitude_gap(facts: Facts, scores: Scores | None, now: float, policy: Policy) -> Watched | None:
    """What to watch: delighted but fading away, or active but unhappy; none while the models are warming up.

    Fading is a churn risk at `policy.churn_opens` or above. Active is one below `policy.churn_closes`, with no fewer
    touchpoints expected than usual. In between, what is open stays open.
    """
    if not facts.surveys or (scores is not None and scores.warming_up):
        return None
    said = latest(facts)
    if scores is None or said is None or facts.unprofiled or now - said.at > HOLDS:
        return _watched(None, "", "")
    if said.rating >= DELIGHTED:
        level = 1.0 if scores.churn >= policy.churn_opens else 0.0 if scores.churn < policy.churn_closes else 0.5
        return _watched(level, _delighted(said, scores), "Ask what changed: they like you, and are going all the same.")
    if said.rating <= UNHAPPY:
        stays = scores.churn < policy.churn_closes and scores.engagement >= scores.usual
        return _watched(float(stays), _unhappy(said), "Put right what they complained of while they are still here.")
    return _watched(0.0, "", "")


def _watched(level: float | None, opened: str, suggestion: str) -> Watched:
    closed = "does what they say again, or it is long ago that they said it"
    return Watched(_KEY, AlertKind.ATTITUDE_GAP, level, opened, closed, suggestion, "warning")


def _delighted(said: Answer, scores: Scores) -> str:
    return f"is delighted but fading: rated {said.rating:.0%} of the best, and stays away with {scores.churn:.0%}"


def _unhappy(said: Answer) -> str:
    return f"is active but unhappy: rated {said.rating:.0%} of the best"
