"""Value: what customers have paid, are expected to pay, are still worth and may not pay after all, by currency."""

from collections import Counter
from datetime import UTC, datetime

from processors.census import MOST_CURRENCIES, at_high_risk, expected_revenue
from processors.concentration import Concentration
from processors.features import main_currency
from processors.lifecycle import status
from schemas.policy import Policy
from schemas.profile import Profile
from schemas.value import Value, ValueIn

_CENT = 100


class ValueTally:
    """Counts whole hundredths, so that the order in which customers come does not show in the sums."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._customers = 0
        self._paying, self._paid = Counter[str](), Counter[str]()
        self._active, self._expected, self._at_risk = Counter[str](), Counter[str](), Counter[str]()
        self._valued, self._lifetime = Counter[str](), Counter[str]()
        self._spread_of_paid: dict[str, Concentration] = {}
        self._spread_of_lifetime: dict[str, Concentration] = {}

    def add(self, profile: Profile, now: float) -> None:
        """Count a customer who has paid."""
        facts, scores = profile.facts, profile.judgements.scores
        if (main := main_currency(facts)) is None:
            return
        self._customers += 1
        for currency, money in facts.money.items():
            self._paying[currency] += 1
            self._paid[currency] += round(_CENT * money.revenue)
            self._spread_of_paid.setdefault(currency, Concentration()).add(money.revenue)
        if scores is None or status(facts, now, self._policy) != "active":
            return
        expected = expected_revenue(facts, scores, now, self._policy)
        self._active[main] += 1
        self._expected[main] += round(_CENT * expected)
        if at_high_risk(scores, self._policy):
            self._at_risk[main] += round(_CENT * expected * scores.churn)
        if scores.lifetime is not None:
            self._valued[main] += 1
            self._lifetime[main] += round(_CENT * scores.lifetime)
            self._spread_of_lifetime.setdefault(main, Concentration()).add(scores.lifetime)

    def told(self, now: float) -> Value:
        """The section."""
        return Value(
            at=datetime.fromtimestamp(now, UTC),
            customers=self._customers,
            currencies=[self._in(currency) for currency, _ in self._paid.most_common(MOST_CURRENCIES)],
        )

    def _in(self, currency: str) -> ValueIn:
        lifetimes = self._spread_of_lifetime.get(currency)
        return ValueIn(
            currency=currency,
            customers=self._paying[currency],
            to_date=self._paid[currency] / _CENT,
            to_date_by_tenth=self._spread_of_paid[currency].tenths(),
            active=self._active[currency],
            expected=self._expected[currency] / _CENT,
            at_risk=self._at_risk[currency] / _CENT,
            valued=self._valued[currency],
            lifetime=self._lifetime[currency] / _CENT,
            lifetime_by_tenth=lifetimes.tenths() if lifetimes else [],
        )
