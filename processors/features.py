"""Features: what the models see of a customer at a moment. Always the same names in the same order.

Counts and durations enter as log(1 + x), so that the tenth visit says less than the second, and a linear model can use
them. `WORDS` says each feature in words, for the reasons of an alert.
"""

import math
from collections.abc import Callable, Sequence
from math import copysign, log, log1p, sqrt

from processors.decay import DAY, HALF_LIVES, LONG, MIDDLE, SHORT, factors, rate
from schemas.facts import Facts
from schemas.kinds import Kind

NAMES = (
    "recency",
    "overdue",
    "activity_week",
    "activity_month",
    "activity_quarter",
    "trend",
    "tenure",
    "active_days",
    "one_day_only",
    "density",
    "orders",
    "buying",
    "spending",
    "considering",
    "service",
    "friction",
    "campaigns",
    "rating",
    "irregularity",
    "lateness",
)
RECENCY, TENURE, ACTIVE_DAYS, ACTIVITY = (
    NAMES.index(name) for name in ("recency", "tenure", "active_days", "activity_quarter")
)

_SMALL_RATE = 0.01
# Looking a member up in its enumeration costs more than the logarithm, and as a key more than plain text.
_PURCHASE, _CONSIDER, _SERVICE, _FRICTION, _CAMPAIGN = (
    kind.value for kind in (Kind.PURCHASE, Kind.CONSIDER, Kind.SERVICE, Kind.FRICTION, Kind.CAMPAIGN)
)
_RATING_FADES = 90.0


def extract(facts: Facts, now: float) -> list[float]:
    """The features of a customer at `now` (epoch seconds), in the order of `NAMES`."""
    week, month, quarter = factors(max(0.0, now - facts.rates_at))
    short, middle, long = facts.rates or (0.0, 0.0, 0.0)
    short, middle, long = short * week, middle * month, long * quarter
    kind = facts.kind_rates.get
    silence = max(0.0, now - facts.last_meaningful) / DAY
    tenure = max(0.0, now - facts.first_seen) / DAY
    rhythm = facts.rhythm
    gap = rhythm.mean if rhythm.count else 0.0
    spread = sqrt(rhythm.squares / rhythm.count) if rhythm.count else 0.0
    late = (silence - gap) / (spread + 1.0) if rhythm.count > 1 else 0.0
    orders = recent = 0.0
    for money in facts.money.values():
        orders += money.orders
        recent += money.recent
    lately = rate(short, HALF_LIVES[SHORT], tenure)
    usually = rate(long, HALF_LIVES[LONG], tenure)
    return [
        log1p(silence),
        log((1.0 + silence) / (1.0 + gap)) if gap else 0.0,
        log1p(short),
        log1p(middle),
        log1p(long),
        log((lately + _SMALL_RATE) / (usually + _SMALL_RATE)),
        log1p(tenure),
        log1p(facts.days),
        1.0 if facts.days <= 1 else 0.0,
        facts.days / (1.0 + tenure),
        log1p(orders),
        log1p(kind(_PURCHASE, 0.0) * month),
        log1p(recent * quarter) if recent > 0.0 else 0.0,
        log1p(kind(_CONSIDER, 0.0) * month),
        log1p(kind(_SERVICE, 0.0) * month),
        log1p(kind(_FRICTION, 0.0) * month),
        log1p(kind(_CAMPAIGN, 0.0) * month),
        _rating(facts, now),
        log1p(spread),
        copysign(log1p(abs(late)), late),
    ]


def usual_engagement(facts: Facts, now: float, window: float) -> float:
    """Meaningful touchpoints that this customer usually has in `window` seconds, by the long-run rate."""
    if not facts.rates:
        return 0.0
    held = facts.rates[LONG] * factors(max(0.0, now - facts.rates_at))[LONG]
    return rate(held, HALF_LIVES[LONG], max(now - facts.first_seen, window) / DAY) * window / DAY


def main_currency(facts: Facts) -> str | None:
    """The currency in which the customer paid most lately; empty if orders named none, none if there were none."""
    money = facts.money
    if not money:
        return None
    if len(money) == 1:
        return next(iter(money))
    return max(money.items(), key=lambda item: (item[1].recent, item[0]))[0]


def usual_revenue(facts: Facts, now: float, span: float) -> float:
    """Revenue in `span` seconds if the customer goes on as lately, in the main currency."""
    currency = main_currency(facts)
    if currency is None:
        return 0.0
    money = facts.money[currency]
    held = max(0.0, money.recent) * factors(max(0.0, now - facts.rates_at))[LONG]
    # A month at the least: one first order is no daily habit.
    tenure = max((now - facts.first_seen) / DAY, HALF_LIVES[MIDDLE])
    return rate(held, HALF_LIVES[LONG], tenure) * span / DAY


def _rating(facts: Facts, now: float) -> float:
    """The last survey's answer from -1 (worst) to 1 (best), fading with its age; 0 when there is none."""
    if facts.rating is None:
        return 0.0
    return (2.0 * facts.rating - 1.0) * math.exp2(-max(0.0, now - facts.rated_at) / DAY / _RATING_FADES)


def _days(value: float) -> str:
    days = math.expm1(value)
    return f"{days:.0f} days" if days >= 2 else f"{days * 24:.0f} hours"


def _lately(noun: str) -> Callable[[float], str]:
    def words(value: float) -> str:
        count = math.expm1(value)
        return f"about {count:.0f} {noun} lately" if count >= 0.95 else f"hardly any {noun} lately"

    return words


WORDS: dict[str, Callable[[float], str]] = {
    "recency": lambda value: f"silent for {_days(value)}",
    "overdue": lambda value: (
        f"silent {math.exp(value):.1f} times as long as the usual gap" if value > 0 else "within the usual gap"
    ),
    "activity_week": _lately("touchpoints in a week"),
    "activity_month": _lately("touchpoints in a month"),
    "activity_quarter": _lately("touchpoints in a quarter"),
    "trend": lambda value: f"activity is {math.exp(value):.1f} times its long-run level",
    "tenure": lambda value: f"known for {_days(value)}",
    "active_days": lambda value: f"active on {math.expm1(value):.0f} days in all",
    "one_day_only": lambda value: "seen on one day only" if value else "came back after the first day",
    "density": lambda value: f"active on {100 * value:.0f}% of the days since the first",
    "orders": lambda value: f"{math.expm1(value):.0f} orders in all",
    "buying": _lately("orders in a month"),
    "spending": lambda value: f"spent about {math.expm1(value):.0f} lately",
    "considering": _lately("products looked at closely"),
    "service": _lately("service contacts"),
    "friction": _lately("troubles such as failed payments"),
    "campaigns": _lately("campaigns received"),
    "irregularity": lambda value: f"gaps differ by {_days(value)}",
    "lateness": lambda value: "later than this customer's rhythm" if value > 0 else "in time by this customer's rhythm",
    "rating": lambda value: "gave a good rating" if value > 0 else "gave a poor rating" if value < 0 else "no rating",
}


def as_dict(values: Sequence[float]) -> dict[str, float]:
    """Feature values by name, as the models take them."""
    return dict(zip(NAMES, values, strict=True))
