"""Acquired customers, counted under the name of what brought them: credits, cohorts by month, and revenue by age."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from processors.attribution import End, positions, removal_effects, summed, transitions
from schemas.details import Source

MOST_NAMES = 500
"""Names that are told apart while counting: whoever sends touchpoints chooses them."""
OTHER = Source("other")


class Life(NamedTuple):
    """What is to be counted of one customer.

    `revenue` is in ten-thousandths by currency, `month` that of the first purchase, `age` the whole weeks since, and
    `paid` revenue by such week and currency. `gone` is none of who does not want to be judged.
    """

    path: Sequence[Source]
    bought: bool
    revenue: Mapping[str, int] = {}
    month: int = 0
    age: int = 0
    paid: Mapping[tuple[int, str], int] = {}
    gone: bool | None = None


@dataclass
class Row:
    """Those counted under one name; whole numbers alone, so that rows add up in any order.

    `position` is in parts of `attribution.WHOLE`, and so is its revenue; the cohorts are by month of first purchase.
    """

    visitors: int = 0
    first: int = 0
    last: int = 0
    position: int = 0
    first_revenue: Counter[str] = field(default_factory=Counter)
    last_revenue: Counter[str] = field(default_factory=Counter)
    position_revenue: Counter[str] = field(default_factory=Counter)
    acquired: Counter[int] = field(default_factory=Counter)
    revenue: Counter[tuple[int, str]] = field(default_factory=Counter)
    judged: Counter[int] = field(default_factory=Counter)
    gone: Counter[int] = field(default_factory=Counter)
    ages: Counter[int] = field(default_factory=Counter)
    paid: Counter[tuple[int, str]] = field(default_factory=Counter)
    spent: Counter[tuple[int, str]] = field(default_factory=Counter)

    def add(self, other: "Row") -> None:
        """Take over what was counted under another name."""
        for name, value in vars(other).items():
            if isinstance(value, Counter):
                getattr(self, name).update(value)
            else:
                setattr(self, name, getattr(self, name) + value)


class Breakdown:
    """Customers by the part of a source that `named` makes of it."""

    def __init__(self, named: Callable[[Source], Source]) -> None:
        self._named = named
        self._rows: dict[Source, Row] = {}
        self._edges = Counter[tuple[Source | End, Source | End]]()

    def add(self, life: Life) -> None:
        """Count a customer, whose path is not empty."""
        path = [self._name(source) for source in life.path]
        self._edges.update(transitions(path, life.bought))
        row = self._rows[path[0]]
        row.visitors += 1
        if not life.bought:
            return
        self._credit(path, life.revenue)
        row.acquired[life.month] += 1
        if life.gone is not None:
            row.judged[life.month] += 1
            row.gone[life.month] += life.gone
        row.ages[life.age] += 1
        row.paid.update(life.paid)
        for currency, amount in life.revenue.items():
            row.revenue[life.month, currency] += amount

    def spend(self, source: Source, month: int, currency: str, amount: int) -> None:
        """Count what was spent on a source, in ten-thousandths."""
        self._rows[self._name(source)].spent[month, currency] += amount

    def told(self, most: int) -> tuple[dict[Source, Row], dict[Source, float]]:
        """The rows by name, those that are credited most by position first, and the removal effect of each. Those after
        the first `most` are added up as `OTHER`, which stands last."""
        ranked = sorted(self._rows, key=self._rank)
        kept = [name for name in ranked if name != OTHER][:most]
        rows = {name: self._rows[name] for name in kept}
        if len(kept) < len(ranked):
            rest = Row()
            for name in ranked:
                if name not in rows:
                    rest.add(self._rows[name])
            rows[OTHER] = rest
        edges = summed(self._edges, {name: OTHER for name in ranked if name not in rows})
        return rows, removal_effects(edges)

    def _credit(self, path: Sequence[Source], revenue: Mapping[str, int]) -> None:
        first, last = self._rows[path[0]], self._rows[path[-1]]
        first.first += 1
        last.last += 1
        _pay(first.first_revenue, revenue, 1)
        _pay(last.last_revenue, revenue, 1)
        for name, parts in zip(path, positions(len(path)), strict=True):
            row = self._rows[name]
            row.position += parts
            _pay(row.position_revenue, revenue, parts)

    def _name(self, source: Source) -> Source:
        """What a source is called here; there is a row of that name from now on."""
        name = self._named(source)
        if name not in self._rows:
            name = name if len(self._rows) < MOST_NAMES else OTHER
            self._rows.setdefault(name, Row())
        return name

    def _rank(self, name: Source) -> tuple[int, int, int, str, str, str]:
        row = self._rows[name]
        return -row.position, -row.visitors, -row.spent.total(), name.channel, name.source, name.campaign


def _pay(to: Counter[str], revenue: Mapping[str, int], parts: int) -> None:
    for currency, amount in revenue.items():
        to[currency] += amount * parts
