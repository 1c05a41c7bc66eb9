"""Sentiment of all customers: how those who wrote within 90 days sound."""

from collections import Counter
from datetime import UTC, datetime
from math import sqrt

from processors.population.satisfaction import WINDOW
from schemas.judgements import Label
from schemas.policy import Policy
from schemas.population import SentimentTold
from schemas.profile import Profile

_95 = 1.959964
_UNIT = 10_000
"""Scores are added up in whole ten-thousandths, so that the order in which customers come does not show."""


class SentimentTally:
    """Counts each customer once, however much they write."""

    def __init__(self, policy: Policy) -> None:
        self._last = Counter[Label]()
        self._scored = self._total = self._squares = 0

    def add(self, profile: Profile, now: float) -> None:
        """Count a customer who wrote."""
        mood = profile.judgements.mood
        if mood is None or now - mood.at > WINDOW:
            return
        self._last[mood.label] += 1
        if mood.score is not None:
            score = round(_UNIT * mood.score)
            self._scored, self._total, self._squares = self._scored + 1, self._total + score, self._squares + score**2

    def told(self, now: float) -> SentimentTold:
        """The section."""
        count, mean, within = self._scored, None, 0.0
        if count:
            mean = self._total / count / _UNIT
        if mean is not None and count > 1:
            variance = max(0.0, self._squares / _UNIT**2 - count * mean**2) / (count - 1)
            within = _95 * sqrt(variance / count)
        return SentimentTold(
            at=datetime.fromtimestamp(now, UTC),
            customers=self._last.total(),
            last=dict(self._last),
            score=None if mean is None else round(mean, 4),
            score_within=round(within, 4),
        )
