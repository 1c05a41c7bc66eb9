"""The census: how all customers stand at one moment, counted a profile at a time."""

from collections import Counter
from collections.abc import Mapping

from processors.facets.spending import is_reporter
from processors.features import main_currency, usual_revenue
from processors.lifecycle import status
from processors.watched import kind_of
from schemas.alert import AlertKind
from schemas.facts import Facts
from schemas.judgements import Scores
from schemas.policy import Policy
from schemas.profile import Profile

STATUSES = ("known", "active", "left", "lost")
RISKS = ("high", "middling", "low", "unknown")
EXPECTED = ("under 1", "1 to 3", "3 to 10", "10 or more")
"""Meaningful touchpoints within the engagement window."""
_BOUNDS = (1.0, 3.0, 10.0)
KINDS = tuple(kind.value for kind in AlertKind if kind is not AlertKind.MODEL_DRIFT)
"""The kinds of alerts that are about a customer."""
MOST_CURRENCIES = 10
"""Whoever sends touchpoints chooses the currency; the figures keep to the largest ones."""


class Census:
    """Figures of all customers added so far. A key that has moved to another is no customer of its own, and neither is
    whoever only reports spending."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self.customers: Counter[str] = Counter(dict.fromkeys(STATUSES, 0))
        self.active: Counter[str] = Counter(dict.fromkeys(RISKS, 0))
        self.engaged: Counter[str] = Counter(dict.fromkeys(EXPECTED, 0))
        self.open_alerts: Counter[str] = Counter(dict.fromkeys(KINDS, 0))
        self._at_risk: Counter[str] = Counter()

    def add(self, profile: Profile, now: float) -> None:
        """Count a customer as of `now`, in epoch seconds."""
        facts, scores = profile.facts, profile.judgements.scores
        if facts.moved_to or is_reporter(facts):
            return
        self.open_alerts.update(kind_of(key) for key, each in profile.judgements.episodes.items() if each.opened_at)
        stands = status(facts, now, self._policy)
        self.customers[stands] += 1
        if stands != "active":
            return
        risk = self._risk(scores)
        self.active[risk] += 1
        if scores is None:
            return
        self.engaged[EXPECTED[sum(scores.engagement >= bound for bound in _BOUNDS)]] += 1
        if risk == "high" and (currency := main_currency(facts)) is not None:
            # In whole hundredths, so that the order in which customers come does not show in the sum.
            self._at_risk[currency] += round(100.0 * expected_revenue(facts, scores, now, self._policy) * scores.churn)

    @property
    def value_at_risk(self) -> Mapping[str, float]:
        """By currency; the largest ones."""
        return {currency: hundredths / 100.0 for currency, hundredths in self._at_risk.most_common(MOST_CURRENCIES)}

    def _risk(self, scores: Scores | None) -> str:
        if scores is None or scores.warming_up:
            return "unknown"
        if at_high_risk(scores, self._policy):
            return "high"
        return "middling" if scores.churn >= self._policy.churn_closes else "low"


def at_high_risk(scores: Scores, policy: Policy) -> bool:
    """Whether a churn alert may open, going by the score."""
    return not scores.warming_up and scores.churn >= policy.churn_opens


def expected_revenue(facts: Facts, scores: Scores, now: float, policy: Policy) -> float:
    """Revenue of the horizon, in the main currency: as the model expects it, or as it was lately; an alert says the
    same."""
    return usual_revenue(facts, now, policy.seconds.horizon) if scores.value is None else scores.value
