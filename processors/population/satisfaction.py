"""Satisfaction of all customers: NPS, CSAT, CES and ratings, each with its interval, from everybody's last answer."""

from collections import Counter
from datetime import UTC, datetime
from math import sqrt

from processors.decay import DAY
from processors.usefulness import wilson
from schemas.policy import Policy
from schemas.population import Nps, Satisfaction, SurveyTold
from schemas.profile import Profile

WINDOW = 90 * DAY
"""An older answer says nothing of today any more."""
PROMOTER, PASSIVE = 0.9, 0.7
"""On a scale of 0 to 1: 9 and 10 of 10 promote, 7 and 8 are passive (Reichheld, 2003)."""
_SATISFIED = 0.75
"""4 and 5 of 5."""
_SCALES = {"nps": (0.0, 10.0), "csat": (1.0, 5.0), "ces": (1.0, 7.0), "rating": (1.0, 5.0)}
_95 = 1.959964
_UNIT = 10_000
"""Answers are added up in whole ten-thousandths, so that the order in which customers come does not show."""


class SatisfactionTally:
    """Counts each customer's last answer to each kind of survey."""

    def __init__(self, policy: Policy) -> None:
        self._customers = 0
        self._asked, self._answered = Counter[str](), Counter[str]()
        self._last = {name: Counter[int]() for name in _SCALES}
        self._up, self._down = Counter[str](), Counter[str]()

    def add(self, profile: Profile, now: float) -> None:
        """Count a customer who was asked, or answered."""
        surveys = profile.facts.surveys
        self._customers += bool(surveys)
        for name, survey in surveys.items():
            self._asked[name] += survey.asked
            self._answered[name] += survey.answered
            if not survey.last or now - survey.last[-1].at > WINDOW:
                continue
            last = round(_UNIT * survey.last[-1].rating)
            self._last[name][last] += 1
            if len(survey.last) == 2:
                before = round(_UNIT * survey.last[0].rating)
                self._up[name] += last > before
                self._down[name] += last < before

    def told(self, now: float) -> Satisfaction:
        """The section."""
        nps = self._last["nps"]
        return Satisfaction(
            at=datetime.fromtimestamp(now, UTC),
            customers=self._customers,
            nps=_nps(nps) if nps.total() else None,
            surveys={name: self._survey(name) for name in _SCALES if self._asked[name] or self._answered[name]},
        )

    def _survey(self, name: str) -> SurveyTold:
        last, (low, high), asked = self._last[name], _SCALES[name], self._asked[name]
        count = last.total()
        satisfied = sum(each for rating, each in last.items() if rating >= _UNIT * _SATISFIED)
        mean = sum(rating * each for rating, each in last.items()) / count / _UNIT if count else None
        spread = 0.0
        if mean is not None and count > 1:
            squares = sum(each * (rating / _UNIT - mean) ** 2 for rating, each in last.items())
            spread = _95 * sqrt(squares / (count - 1) / count) * (high - low)
        share = wilson(satisfied, count) if count else None
        return SurveyTold(
            asked=asked,
            answered=self._answered[name],
            response_rate=round(min(1.0, self._answered[name] / asked), 4) if asked else None,
            customers=count,
            mean=None if mean is None else round(low + mean * (high - low), 4),
            mean_within=round(spread, 4),
            satisfied=round(satisfied / count, 4) if count else None,
            satisfied_low=round(share[0], 4) if share else None,
            satisfied_high=round(share[1], 4) if share else None,
            better=self._up[name],
            worse=self._down[name],
        )


def _nps(answers: Counter[int]) -> Nps:
    """Promoters less detractors of a hundred, with its 95% interval by the variance of what takes the values 1, 0, -1
    (Rowan, 2014)."""
    count = answers.total()
    promoters = sum(each for rating, each in answers.items() if rating >= _UNIT * PROMOTER)
    detractors = sum(each for rating, each in answers.items() if rating < _UNIT * PASSIVE)
    score = (promoters - detractors) / count
    within = _95 * sqrt(max(0.0, (promoters + detractors) / count - score**2) / count)
    return Nps(
        score=round(100 * score, 2),
        low=round(100 * max(-1.0, score - within), 2),
        high=round(100 * min(1.0, score + within), 2),
        promoters=promoters,
        passives=count - promoters - detractors,
        detractors=detractors,
    )
