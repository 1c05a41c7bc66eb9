"""The roster: whom to look at first, by each of several orders, found in bounded room among any number of customers."""

from collections.abc import Callable, Collection, Iterator, Mapping
from heapq import heappush, heappushpop
from typing import NamedTuple, cast, get_args

from processors.facets.spending import is_reporter
from processors.features import main_currency, usual_revenue
from processors.lifecycle import status
from processors.segments.places import names
from schemas.policy import Policy
from schemas.profile import Profile
from schemas.roster import Order, Row
from schemas.segments import Stage

MOST = 10_000
"""Customers that are kept in each order."""
UNKNOWN = -1.0
"""What counts for a figure that is not known: they come last."""


def _or_unknown(value: float | None) -> float:
    return UNKNOWN if value is None else value


SCORES: Mapping[Order, Callable[[Row], float]] = {
    "churn_risk": lambda row: _or_unknown(row.churn_risk),
    "at_risk": lambda row: _or_unknown(row.at_risk),
    "value": lambda row: _or_unknown(row.value),
    "engagement": lambda row: _or_unknown(row.engagement),
    "last_seen": lambda row: row.last_seen,
}
"""What each order goes by, the largest first. Amounts are compared as numbers, whatever their currency."""


class Wanted(NamedTuple):
    """Which customers are asked for: in one of these segments, at one of these stages, and who stand so; nothing given
    is any."""

    segments: Collection[str] = ()
    lifecycle: Collection[str] = ()
    status: Collection[str] = ()

    def has(self, row: Row) -> bool:
        """Whether a customer is one of them."""
        return (
            (not self.segments or not set(self.segments).isdisjoint(row.segments))
            and (not self.lifecycle or row.lifecycle in self.lifecycle)
            and (not self.status or row.status in self.status)
        )


class RosterTally:
    """Takes customers one by one, and keeps those that come first. Who does not want to be profiled is not listed."""

    def __init__(self, policy: Policy, most: int = MOST) -> None:
        self._policy, self._most = policy, most
        # The third of each entry keeps rows from being compared, should a customer come twice.
        self._first: dict[Order, list[tuple[float, str, int, Row]]] = {order: [] for order in get_args(Order)}
        self.customers = 0

    def add(self, profile: Profile, now: float) -> None:
        """Take a customer as of `now`, in epoch seconds."""
        facts = profile.facts
        if facts.moved_to or facts.unprofiled or not facts.touchpoints or is_reporter(facts):
            return
        self.customers += 1
        row = self._row(profile, now)
        for order, kept in self._first.items():
            entry = SCORES[order](row), profile.customer, self.customers, row
            if len(kept) < self._most:
                heappush(kept, entry)
            else:
                heappushpop(kept, entry)

    @property
    def complete(self) -> bool:
        """Whether all customers are kept."""
        return self.customers <= self._most

    def rows(self) -> Iterator[tuple[str, Row, dict[Order, float]]]:
        """Every customer that is kept, and what they count in the orders in which they come first."""
        found = dict[str, tuple[Row, dict[Order, float]]]()
        for order, kept in self._first.items():
            for score, customer, _, row in kept:
                found.setdefault(customer, (row, {}))[1][order] = score
        for customer, (row, scores) in found.items():
            yield customer, row, scores

    def _row(self, profile: Profile, now: float) -> Row:
        facts, scores, segments = profile.facts, profile.judgements.scores, profile.judgements.segments
        currency, value, risk = main_currency(facts), None, None
        stage = segments.lifecycle if segments is not None else None
        if scores is not None:
            usual = usual_revenue(facts, now, self._policy.seconds.horizon)
            value = round(usual if scores.value is None else scores.value, 2)
            risk = None if scores.warming_up else scores.churn
        return Row(
            status=status(facts, now, self._policy),
            lifecycle=cast(Stage, stage.name) if stage is not None else None,
            segments=names(segments),
            churn_risk=risk,
            at_risk=None if value is None or risk is None else round(value * risk, 2),
            value=value,
            engagement=scores.engagement if scores is not None else None,
            revenue=facts.money[currency].revenue if currency is not None else 0.0,
            currency=currency or "",
            last_seen=facts.last_seen,
        )
