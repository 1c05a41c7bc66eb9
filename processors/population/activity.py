"""Activity: how busy customers were in the last weeks, what they bought, and where they were met."""

from collections import Counter
from datetime import UTC, datetime

from processors.facets.activity import WEEKS, beginning, week_of
from schemas.policy import Policy
from schemas.population import Activity, ActivityWeek
from schemas.profile import Profile

_CENT = 10_000
"""Money is added up in whole ten-thousandths, so that the order in which customers come does not show in the sum."""


class ActivityTally:
    """Counts whole numbers alone."""

    def __init__(self, policy: Policy) -> None:
        self._customers = self._orders = 0
        self._kinds, self._channels, self._revenue = Counter[str](), Counter[str](), Counter[str]()
        self._active, self._new = Counter[int](), Counter[int]()
        self._touchpoints, self._bought = Counter[int](), Counter[int]()
        self._paid: dict[int, Counter[str]] = {}

    def add(self, profile: Profile, now: float) -> None:
        """Count a customer."""
        facts = profile.facts
        if not facts.kinds:
            return
        self._customers += 1
        self._kinds.update(facts.kinds)
        self._channels.update(facts.channels.keys())
        for currency, money in facts.money.items():
            self._orders += money.orders
            self._revenue[currency] += round(_CENT * money.revenue)
        self._new[week_of(facts.first_seen)] += 1
        for number, week in facts.weeks.items():
            self._active[number] += 1
            self._touchpoints[number] += week.touchpoints
            self._bought[number] += week.orders
            paid = self._paid.setdefault(number, Counter())
            for currency, amount in week.revenue.items():
                paid[currency] += round(_CENT * amount)

    def told(self, now: float) -> Activity:
        """The section."""
        this = week_of(now)
        return Activity(
            at=datetime.fromtimestamp(now, UTC),
            customers=self._customers,
            weeks=[self._week(number) for number in range(this, this - WEEKS, -1)],
            kinds=dict(self._kinds),
            channels=dict(self._channels),
            orders=self._orders,
            revenue=_money(self._revenue),
        )

    def _week(self, number: int) -> ActivityWeek:
        return ActivityWeek(
            begins=datetime.fromtimestamp(beginning(number), UTC),
            active=self._active[number],
            new=self._new[number],
            touchpoints=self._touchpoints[number],
            orders=self._bought[number],
            revenue=_money(self._paid.get(number, Counter())),
        )


def _money(amounts: Counter[str]) -> dict[str, float]:
    return {currency: amount / _CENT for currency, amount in sorted(amounts.items())}
