"""Activity by week: what each of a customer's last weeks came to, exact whatever comes late or twice over."""

from collections.abc import Mapping, Sequence
from typing import Any

from processors.decay import DAY
from schemas.facts import Facts, Week
from schemas.policy import Policy
from schemas.touch import Touch

WEEKS = 9
"""Weeks that are kept: this one, and eight to compare it with."""
MAX_CURRENCIES = 4
"""Currencies in which a week has revenue: nobody pays in more."""
_MONDAY = 4.0
"""1970-01-01 was a Thursday: weeks begin on Mondays, at midnight UTC."""
_NOTHING = Week(0)


def week_of(at: float) -> int:
    """The number of the week of an instant; the week of 1969-12-29 is 0."""
    return int((at / DAY + _MONDAY - 1.0) // 7.0)


def beginning(week: int) -> float:
    """When a week begins, in epoch seconds."""
    return (7.0 * week - _MONDAY + 1.0) * DAY


def fold(facts: Facts, touches: Sequence[Touch], policy: Policy) -> None:
    """Count touches that have a kind, and orders, in the week in which they happened."""
    weeks, number = facts.weeks.copy(), -1
    touchpoints, orders, revenue = _NOTHING.touchpoints, _NOTHING.orders, _NOTHING.revenue
    for touch in touches:
        if touch.kind is None:
            continue
        this = int((touch.at / DAY + _MONDAY - 1.0) // 7.0)
        if this != number:
            # Touches that stand together are mostly of one week, which is written once.
            if touchpoints:
                weeks[number] = Week(touchpoints, orders, revenue)
            number, week = this, weeks.get(this) or _NOTHING
            touchpoints, orders, revenue = week.touchpoints, week.orders, week.revenue
        touchpoints += 1
        amount, currency = touch.amount, touch.currency
        if amount is not None:
            orders += 1
            if currency in revenue or len(revenue) < MAX_CURRENCIES:
                revenue = {**revenue, currency: round(revenue.get(currency, 0.0) + amount, 4)}
    if touchpoints:
        weeks[number] = Week(touchpoints, orders, revenue)
    facts.weeks = weeks if len(weeks) == len(facts.weeks) else _latest(weeks)


def merged(own: Facts, other: Facts) -> Mapping[str, Any]:
    """The weeks of both, added up."""
    weeks = dict(own.weeks)
    for number, theirs in other.weeks.items():
        if (ours := weeks.get(number)) is None:
            weeks[number] = theirs
            continue
        revenue = dict(ours.revenue)
        for currency, amount in theirs.revenue.items():
            if currency not in revenue and len(revenue) >= MAX_CURRENCIES:
                continue
            revenue[currency] = round(revenue.get(currency, 0.0) + amount, 4)
        weeks[number] = Week(ours.touchpoints + theirs.touchpoints, ours.orders + theirs.orders, revenue)
    return {"weeks": _latest(weeks)}


def _latest(weeks: dict[int, Week]) -> dict[int, Week]:
    """The last weeks, in the order of time, which does not depend on the order in which touches came."""
    return {number: weeks[number] for number in sorted(weeks)[-WEEKS:]}
