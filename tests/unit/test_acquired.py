"""What the section `acquisition` says is what pandas makes of the log: who came by what, what it cost, who stays."""

from collections import Counter
from collections.abc import Sequence
from functools import cache
from random import Random

import pandas as pd
import pytest

from processors.acquired import MOST_NAMES, OTHER, Breakdown, Life
from processors.attribution import WHOLE, removal_effects, transitions
from processors.facets.acquisition import HALF_HOUR, WEEKS
from processors.facets.activity import week_of
from processors.facets.spending import beginning, month_of
from processors.fold import fold
from processors.lifecycle import status
from processors.population import Population
from schemas.acquisition import Acquisition
from schemas.details import Source
from schemas.facts import Facts
from schemas.kinds import MEANINGFUL, Kind
from schemas.profile import Profile
from schemas.touch import Touch
from tests.unit.making import POLICY, day
from tests.unit.visiting import SOURCES, bought, came, spent

NOW = day(200)


@cache
def world(seed: int) -> tuple[list[Touch], dict[str, Facts], Acquisition, pd.DataFrame]:
    """A log, what it is folded to, what is told of it, and its paths by brute force."""
    log, population = random_log(seed), Population(POLICY)
    by_customer: dict[str, list[Touch]] = {}
    for each in log:
        by_customer.setdefault(each.customer, []).append(each)
    facts = {name: fold(Facts(), own, POLICY) for name, own in by_customer.items()}
    for name, each in facts.items():
        population.add(Profile(name, each), NOW)
    section = population.told(NOW)["acquisition"]
    assert isinstance(section, Acquisition)
    return log, facts, section, paths_of(log)


def random_log(seed: int) -> list[Touch]:
    """Some hundred customers who come from here and there, and some of whom buy, and stay or go."""
    chance, log = Random(seed), list[Touch]()
    sources = [*SOURCES, *(Source("referral", f"site {n:02}") for n in range(30)), None]
    for number in range(120):
        name, at = f"customer {number}", chance.uniform(0, 150)
        for _ in range(chance.randint(0, 5)):
            log.append(came(at, chance.choice(sources), customer=name))
            at += chance.choice((0.005, 1.0, 4.0))
        for _ in range(chance.choice((0, 0, 1, 2, 5))):
            log.append(bought(at, chance.randrange(0, 20_000) / 100, customer=name))
            at += chance.expovariate(1 / 12)
    log += [spent(chance.uniform(40, 190), chance.randrange(90_000) / 100, chance.choice(SOURCES)) for _ in range(30)]
    chance.shuffle(log)
    return [each for each in log if each.at <= NOW]


def source_of(touch: Touch) -> tuple[str, str, str] | None:
    source = touch.details.source if touch.details else None
    return (source.channel, source.source, source.campaign) if source else None


def paths_of(log: Sequence[Touch]) -> pd.DataFrame:
    """By brute force: a line for each step of each path."""
    frame = pd.DataFrame(
        [(one.customer, one.at, one.kind, one.amount, source_of(one), one.channel)
         for one in log if one.kind],
        columns=["customer", "at", "kind", "amount", "source", "channel"],
    )  # fmt: skip
    lines = []
    for customer, own in frame.sort_values("at").groupby("customer"):
        orders = own[own.kind == Kind.PURCHASE]
        first = orders["at"].min()
        before = own[~(own["at"] > first)]
        found = before.dropna(subset="source").copy()
        found["slot"] = (found["at"] // HALF_HOUR).astype(int)
        visits = found.groupby(["slot", "source"], sort=False)["at"].min().reset_index().sort_values("at")
        visits["since"] = visits.groupby("source").slot.diff()
        steps = [(line["at"], line.source) for _, line in visits.iterrows() if not line.since <= 1]
        plain = before[before.source.isna() & before.channel.isin(["web", "mobile"]) & before.kind.isin(MEANINGFUL)]
        if len(plain) and not (steps and steps[0][0] <= plain["at"].min() + HALF_HOUR):
            steps.insert(0, (plain["at"].min(), ("direct", "", "")))
        if len(orders) and not steps:
            steps = [(first, ("unknown", "", ""))]
        revenue = orders.amount.sum().round(4) if len(orders) else 0.0
        lines += [(customer, place, len(steps), source, first, revenue) for place, (_, source) in enumerate(steps)]
    return pd.DataFrame(lines, columns=["customer", "place", "steps", "source", "bought", "revenue"])


@pytest.mark.parametrize("seed", range(2))
def test_the_section_is_what_pandas_makes_of_the_log(seed: int) -> None:
    _, _, section, frame = world(seed)
    frame = frame.assign(buys=frame.bought.notna())
    buyers = frame[frame.buys & (frame.place == 0)]
    assert section.customers == frame.customer.nunique()
    assert (section.acquired, section.revenue) == (len(buyers), {"EUR": round(buyers.revenue.sum(), 4)})
    for table, named in (
        (section.channels, lambda source: (source[0], "", "")),
        (section.sources, lambda source: (*source[:2], "")),
        (section.campaigns, lambda source: source if source[2] else ("", "", "")),
    ):
        names = {(row.channel, row.source, row.campaign) for row in table}
        own = frame.source.map(named).map(lambda name, names=names: name if name in names else ("other", "", ""))
        lines = frame.assign(name=own)
        starts, ends = lines[lines.place == 0], lines[lines.buys & (lines.place == lines.steps - 1)]
        shares = [
            1.0 if n == 1 else 0.5 if n == 2 else 0.4 if at in (0, n - 1) else 0.2 / (n - 2)
            for at, n in zip(lines.place, lines.steps, strict=True)
        ]
        weighed = lines.assign(share=shares)[lines.buys]
        edges = [
            edge for _, each in lines.groupby("customer") for edge in transitions(list(each.name), each.buys.iloc[0])
        ]
        effects = removal_effects(Counter(edges))
        whole = sum(effects.values())
        for row in table:
            name = (row.channel, row.source, row.campaign)
            first, last, by_place = (each[each.name == name] for each in (starts, ends, weighed))
            credits = row.credits
            assert row.visitors == len(first)
            assert row.acquired == credits.first.conversions == first.buys.sum()
            assert row.revenue.get("EUR", 0.0) == pytest.approx(first[first.buys].revenue.sum())
            assert (credits.last.conversions, credits.last.revenue["EUR"]) == (len(last), round(last.revenue.sum(), 4))
            assert credits.position.conversions == pytest.approx(by_place.share.sum(), abs=1e-4)
            assert credits.position.revenue["EUR"] == pytest.approx((by_place.share * by_place.revenue).sum(), abs=1e-4)
            assert row.removal_effect == pytest.approx(effects.get(name, 0.0), abs=1e-4)
            credit = effects.get(name, 0.0) / whole
            assert credits.data_driven.conversions == pytest.approx(section.acquired * credit, abs=1e-4)
            assert credits.data_driven.revenue["EUR"] == pytest.approx(section.revenue["EUR"] * credit, abs=1e-4)
        for model in ("first", "last", "position", "data_driven"):
            credited = [getattr(row.credits, model) for row in table]
            assert sum(round(10_000 * each.conversions) for each in credited) == 10_000 * section.acquired
            assert sum(round(10_000 * each.revenue["EUR"]) for each in credited) == round(
                10_000 * section.revenue["EUR"]
            )
    assert section.sources[-1].channel == "other"
    assert len(section.sources) == 21


@pytest.mark.parametrize("seed", range(2))
def test_costs_and_who_is_gone_are_what_pandas_makes_of_the_log(seed: int) -> None:
    log, facts, section, frame = world(seed)
    firsts = frame[(frame.place == 0) & frame.bought.notna()].copy()
    firsts["month"] = [month_of(at) for at in firsts.bought]
    spends = pd.DataFrame(
        [(one.details.spend.source.channel, month_of(one.at), one.details.spend.amount)
         for one in log if one.details and one.details.spend],
        columns=["channel", "month", "amount"],
    )  # fmt: skip
    orders = pd.DataFrame([(one.customer, one.at, one.amount) for one in log if one.amount is not None])
    orders.columns = ["customer", "at", "amount"]
    costs = 0
    for row in section.channels:
        own = firsts[[source[0] == row.channel for source in firsts.source]]
        if row.churn is not None:
            gone = [status(facts[name], NOW, POLICY) in ("lost", "left") for name in own.customer]
            assert (row.churn.customers, row.churn.churned) == (len(own), sum(gone))
            assert row.churn.low <= row.churn.share <= row.churn.high
        paid = spends[spends.channel == row.channel]
        if not len(paid):
            assert row.cost is None
            continue
        costs += 1
        assert row.cost is not None
        assert row.spent == {"EUR": row.cost.spent} == {"EUR": round(paid.amount.sum(), 4)}
        since = paid.month.min()
        late = own[own.month >= since]
        assert (row.cost.since, row.cost.acquired) == (beginning(since), len(late))
        assert row.cost.revenue == pytest.approx(late.revenue.sum())
        assert row.cost.per_customer == (round(row.cost.spent / len(late), 4) if len(late) else None)
        assert row.cost.value_to_cost == round(row.cost.revenue / row.cost.spent, 4)
        mine = orders.merge(own[["customer", "bought"]], on="customer")
        mine["age"] = [week_of(at) - week_of(first) for at, first in zip(mine["at"], mine.bought, strict=True)]
        ages = week_of(NOW) - own.bought.map(week_of)
        mean = [
            mine[(mine.age == week) & mine["at"].map(lambda at: week_of(at) < week_of(NOW))].amount.sum() / n
            if n
            else 0.0
            for week in range(WEEKS)
            if (n := (ages > week).sum()) or True
        ]
        reached = [week for week in range(WEEKS) if sum(mean[: week + 1]) >= row.cost.spent / max(1, len(late))]
        assert row.cost.payback_weeks == (reached[0] if reached and len(late) else None)
    assert costs == 3


def test_strangers_cannot_make_up_names_without_end() -> None:
    breakdown = Breakdown(lambda source: source)
    for number in range(2 * MOST_NAMES):
        breakdown.add(Life([Source("referral", f"{number}"), Source("email")], number % 2 == 0, {"EUR": 7}))
    rows, effects = breakdown.told(20)
    assert (len(rows), list(rows)[-1]) == (21, OTHER)
    assert (sum(row.visitors for row in rows.values()), sum(row.first for row in rows.values())) == (1_000, 500)
    assert sum(row.position for row in rows.values()) == 500 * WHOLE
    assert sum(row.last_revenue["EUR"] for row in rows.values()) == 3_500
    # All go on by mail, whatever they came by first; 19 of the thousand did not come by the others.
    assert effects == pytest.approx(dict.fromkeys(rows, 0.001) | {Source("email"): 1.0, OTHER: 0.981})
