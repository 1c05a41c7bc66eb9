"""RFM: recency, frequency and money, each scored from 1 to 5 by fifths of all customers (Hughes, 1994), and the usual
names of what they say together, by the grid that CleverTap made common.

Where anybody has paid, it is about those who have: days since their last order, their orders, and what they paid in the
currency of most lately. Where nobody has, it is about everybody: days since the last meaningful touchpoint, and active
days.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from math import inf
from typing import NamedTuple

from processors.decay import DAY
from processors.features import main_currency
from processors.quantiles import Quantiles
from schemas.facts import Facts
from schemas.norms import RfmBounds
from schemas.segments import RfmName

FIFTHS = (0.2, 0.4, 0.6, 0.8)
LEAST = 25
"""Customers below whom fifths mean nothing."""
MOST_CURRENCIES = 50
"""Whoever sends touchpoints chooses the currency; those met first have bounds."""

_GRID: Sequence[tuple[Sequence[int], Sequence[int], RfmName]] = (
    ((5,), (4, 5), "Champions"),
    ((3, 4), (4, 5), "Loyal"),
    ((4, 5), (2, 3), "Potential loyalists"),
    ((5,), (1,), "New customers"),
    ((4,), (1,), "Promising"),
    ((3,), (3,), "Need attention"),
    ((3,), (1, 2), "About to sleep"),
    ((1, 2), (3, 4), "At risk"),
    ((1, 2), (5,), "Can't lose"),
    ((1, 2), (1, 2), "Hibernating"),
    ((1,), (1,), "Lost customers"),
)
GRID: Mapping[tuple[int, int], RfmName] = {
    (recency, worth): name for recencies, worths, name in _GRID for recency in recencies for worth in worths
}
"""Names by the score of recency, and the mean of those of frequency and money, a half rounded up. The last ones are the
worst of those who hibernate."""


class Measured(NamedTuple):
    """What a customer is scored by: when they bought or came last (epoch seconds), how often they did, and what they
    paid in which currency; none where nobody pays."""

    last_at: float
    frequency: float
    currency: str = ""
    paid: float | None = None


class Scored(NamedTuple):
    """Scores from 1 to 5, the best; `money` is none where it says nothing."""

    recency: int
    frequency: int
    money: int | None

    @property
    def name(self) -> RfmName:
        """What they say together."""
        money = self.frequency if self.money is None else self.money
        return GRID[self.recency, (self.frequency + money + 1) // 2]


def measure(facts: Facts, paying: bool) -> Measured | None:
    """What a customer is scored by; none for whom it is not about."""
    if not paying:
        return Measured(facts.last_meaningful, facts.days) if facts.last_meaningful else None
    currency = main_currency(facts)
    if currency is None:
        return None
    last_at, orders = 0.0, 0
    for money in facts.money.values():
        last_at, orders = max(last_at, money.last_at), orders + money.orders
    return Measured(last_at, orders, currency, facts.money[currency].revenue)


def score(measured: Measured, now: float, bounds: RfmBounds) -> Scored:
    """The scores at `now`, in epoch seconds."""
    paid = bounds.monetary.get(measured.currency) if measured.paid is not None else None
    return Scored(
        5 - bisect_left(bounds.recency, max(0.0, now - measured.last_at) / DAY),
        1 + bisect_left(bounds.frequency, measured.frequency),
        None if paid is None or measured.paid is None else 1 + bisect_left(paid, measured.paid),
    )


def turns_at(measured: Measured, now: float, bounds: RfmBounds) -> float:
    """When recency is going to be scored lower if nothing happens (epoch seconds); infinity when it never is."""
    later = bisect_right(bounds.recency, max(0.0, now - measured.last_at) / DAY)
    # A bound that is reached is still in the better fifth.
    return measured.last_at + bounds.recency[later] * DAY + 0.001 if later < len(bounds.recency) else inf


class Fifths:
    """Finds the bounds, a customer at a time."""

    def __init__(self) -> None:
        self._buyers, self._everybody = (Quantiles(), Quantiles()), (Quantiles(), Quantiles())
        self._paid: dict[str, Quantiles] = {}

    def add(self, facts: Facts, now: float) -> None:
        """Count a customer as of `now`, in epoch seconds."""
        for paying, (recency, frequency) in ((True, self._buyers), (False, self._everybody)):
            measured = measure(facts, paying)
            if measured is None:
                continue
            recency.add((now - measured.last_at) / DAY)
            frequency.add(measured.frequency)
            if measured.paid is not None:
                if measured.currency not in self._paid and len(self._paid) >= MOST_CURRENCIES:
                    continue
                self._paid.setdefault(measured.currency, Quantiles()).add(measured.paid)

    def bounds(self) -> RfmBounds | None:
        """What was found; none of too few customers."""
        paying = self._buyers[0].count > 0
        recency, frequency = self._buyers if paying else self._everybody
        if recency.count < LEAST:
            return None
        paid = {currency: each.at(FIFTHS) for currency, each in sorted(self._paid.items()) if each.count >= LEAST}
        return RfmBounds(paying, recency.at(FIFTHS), frequency.at(FIFTHS), paid)
