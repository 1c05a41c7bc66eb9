"""Acquisition: which channels, sources and campaigns bring customers, by four models; what they cost, and who stays."""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime

from processors.acquired import Breakdown, Life, Row
from processors.attribution import apportioned
from processors.facets.acquisition import UNIT, WEEKS, path
from processors.facets.activity import week_of
from processors.facets.spending import beginning, is_reporter, month_of
from processors.lifecycle import status
from processors.significance import Counts, holm, mantel_haenszel, two_sided
from processors.usefulness import wilson
from schemas.acquisition import AcquiredBy, Acquisition, Churned, Cost, Credit, Credits
from schemas.details import Source
from schemas.policy import Policy
from schemas.profile import Profile

MOST = 20
"""Names that are told one by one."""
YEAR = 12
"""Months of spending that count."""
LEVEL = 0.01
"""The chance of calling a row better or worse when none of its table is."""
LEAST = 20
"""With fewer customers than this, here or elsewhere, nobody can tell whether they stay longer or less long."""
UNKNOWN = Source("unknown")
"""Bought, and no visit was seen before."""

_FINE = 1 << 50
Rows = Mapping[Source, Row]


class AcquisitionTally:
    """Counts the paths of customers, three times: by channel, by source, by campaign."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._customers = self._acquired = 0
        self._revenue = Counter[str]()
        self._channels = Breakdown(lambda source: Source(source.channel))
        self._sources = Breakdown(lambda source: Source(source.channel, source.source))
        self._campaigns = Breakdown(lambda source: source if source.campaign else Source(""))
        self._breakdowns = (self._channels, self._sources, self._campaigns)

    def add(self, profile: Profile, now: float) -> None:
        """Count a customer who came from somewhere, or bought; and what was reported under this id."""
        facts = profile.facts
        for spent in facts.spending.sums if facts.spending else ():
            for month, amount in spent.months.items():
                for breakdown in self._breakdowns:
                    breakdown.spend(spent.source, month, spent.currency, round(UNIT * amount))
        if is_reporter(facts) or facts.origin is None:
            return
        if (life := self._life(profile, now)) is None:
            return
        self._customers += 1
        self._acquired += life.bought
        self._revenue.update(life.revenue)
        for breakdown in self._breakdowns:
            breakdown.add(life)

    def told(self, now: float) -> Acquisition:
        """The section."""
        return Acquisition(
            at=datetime.fromtimestamp(now, UTC),
            customers=self._customers,
            acquired=self._acquired,
            revenue=_money(self._revenue),
            channels=self._table(self._channels, now),
            sources=self._table(self._sources, now),
            campaigns=self._table(self._campaigns, now),
        )

    def _life(self, profile: Profile, now: float) -> Life | None:
        facts, origin = profile.facts, profile.facts.origin
        if origin is None:
            return None
        steps, bought = [visit.source for visit in path(origin)], origin.bought_at
        if not bought:
            return Life(steps, False) if steps else None
        first, this = week_of(bought), week_of(now)
        return Life(
            path=steps or [UNKNOWN],
            bought=True,
            revenue={currency: round(UNIT * money.revenue) for currency, money in facts.money.items()},
            month=month_of(bought),
            age=max(0, this - first),
            paid={
                (week - first, currency): amount
                for currency, weeks in origin.paid.items()
                for week, amount in weeks.items()
                if week < this
            },
            gone=None if facts.unprofiled else status(facts, now, self._policy) in ("left", "lost"),
        )

    def _table(self, breakdown: Breakdown, now: float) -> list[AcquiredBy]:
        rows, effects = breakdown.told(MOST)
        credited, churned = self._credits(rows, effects), _churned(rows)
        return [
            AcquiredBy(
                channel=name.channel,
                source=name.source,
                campaign=name.campaign,
                visitors=row.visitors,
                acquired=row.first,
                revenue=_money(row.first_revenue),
                credits=credited[name],
                removal_effect=round(effects.get(name, 0.0), 4),
                spent=_money(_spent(row, now)),
                cost=_cost(row, now),
                churn=churned.get(name),
            )
            for name, row in rows.items()
        ]

    def _credits(self, rows: Rows, effects: Mapping[Source, float]) -> dict[Source, Credits]:
        """The credits of each row; those of all rows sum to what there was, to the last ten-thousandth."""
        weights = {
            "first": [row.first for row in rows.values()],
            "last": [row.last for row in rows.values()],
            "position": [row.position for row in rows.values()],
            "data_driven": [round(_FINE * effects.get(name, 0.0)) for name in rows],
        }
        conversions = {model: apportioned(UNIT * self._acquired, each) for model, each in weights.items()}
        revenue: dict[str, dict[str, list[int]]] = {model: {} for model in weights}
        for currency, total in sorted(self._revenue.items()):
            paid = {
                "first": [row.first_revenue[currency] for row in rows.values()],
                "last": [row.last_revenue[currency] for row in rows.values()],
                "position": [row.position_revenue[currency] for row in rows.values()],
                "data_driven": weights["data_driven"],
            }
            for model, each in paid.items():
                revenue[model][currency] = apportioned(total, each)
        return {
            name: Credits(
                **{
                    model: Credit(
                        conversions=conversions[model][at] / UNIT,
                        revenue={currency: amounts[at] / UNIT for currency, amounts in revenue[model].items()},
                    )
                    for model in weights
                }
            )
            for at, name in enumerate(rows)
        }


def _spent(row: Row, now: float) -> Counter[str]:
    """Of the last twelve months, by currency."""
    spent, since = Counter[str](), month_of(now) - YEAR
    for (month, currency), amount in row.spent.items():
        if month > since:
            spent[currency] += amount
    return spent


def _cost(row: Row, now: float) -> Cost | None:
    """What the customers of a row cost since spending was first reported, and what they are worth."""
    spent = _spent(row, now)
    if len(spent) != 1:
        return None
    ((currency, amount),) = spent.items()
    since = min(month for month, _ in row.spent if month > month_of(now) - YEAR)
    acquired = sum(count for month, count in row.acquired.items() if month >= since)
    revenue = sum(paid for (month, code), paid in row.revenue.items() if month >= since and code == currency)
    per_customer = amount / acquired if acquired else None
    return Cost(
        since=beginning(since),
        currency=currency,
        spent=amount / UNIT,
        acquired=acquired,
        per_customer=None if per_customer is None else round(per_customer / UNIT, 4),
        revenue=revenue / UNIT,
        value_to_cost=round(revenue / amount, 4) if amount else None,
        payback_weeks=None if per_customer is None else _payback(row, currency, per_customer),
    )


def _payback(row: Row, currency: str, cost: float) -> int | None:
    """The week after the first purchase in which the mean customer has paid `cost`.

    The mean of each week is taken of those who were customers until it was over, so that the young ones count for what
    is known of them.
    """
    paid = 0.0
    for week in range(WEEKS):
        old_enough = sum(count for age, count in row.ages.items() if age > week)
        if not old_enough:
            return None
        paid += row.paid[week, currency] / old_enough
        if paid >= cost:
            return week
    return None


def _churned(rows: Rows) -> dict[Source, Churned]:
    """Who is gone, row by row, and where that differs from the other rows by more than chance."""
    judged, gone = Counter[int](), Counter[int]()
    for row in rows.values():
        judged.update(row.judged)
        gone.update(row.gone)
    chances, compared = dict[Source, float](), dict[Source, tuple[float, float]]()
    for name, row in rows.items():
        layers = [
            (Counts(count, row.gone[month]), Counts(judged[month] - count, gone[month] - row.gone[month]))
            for month, count in sorted(row.judged.items())
            if judged[month] > count
        ]
        own, rest = sum(one.of for one, _ in layers), sum(other.of for _, other in layers)
        if not own:
            continue
        layered = mantel_haenszel(layers)
        hits = sum(one.hits for one, _ in layers)
        compared[name] = (hits - layered.excess) / own, layered.excess
        if min(own, rest) >= LEAST:
            chances[name] = two_sided(layered.z)
    corrected = holm(chances)
    found = dict[Source, Churned]()
    for name, row in rows.items():
        count, hits = row.judged.total(), row.gone.total()
        if not count:
            continue
        (low, high), p = wilson(hits, count), corrected.get(name)
        others, excess = compared.get(name, (None, 0.0))
        found[name] = Churned(
            customers=count,
            churned=hits,
            share=round(hits / count, 4),
            low=round(low, 4),
            high=round(high, 4),
            others=None if others is None else round(others, 4),
            p=p,
            verdict=None if p is None or p >= LEVEL else "worse" if excess > 0.0 else "better",
        )
    return found


def _money(amounts: Mapping[str, int]) -> dict[str, float]:
    return {currency: amount / UNIT for currency, amount in sorted(amounts.items())}
