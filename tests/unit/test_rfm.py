"""Recency, frequency and money: the fifths are those of numpy, within the bound of the sketch."""

import random
from itertools import product
from math import inf

import numpy as np
import pandas as pd
import pytest

from processors.advance import advance
from processors.fold import fold
from processors.population import Population
from processors.quantiles import GROWTH
from processors.segments.rfm import FIFTHS, GRID, LEAST, measure, score, turns_at
from schemas.facts import Facts
from schemas.judgements import Memberships, Place
from schemas.kinds import Kind
from schemas.norms import Norms, RfmBounds
from schemas.profile import Profile
from schemas.segments import RfmName
from tests.unit.making import POLICY, FixedModels, day, touch

NOW = day(100)


def shop(customers: int, seed: int, paying: bool = True) -> dict[str, Facts]:
    """Customers who bought, or came, now and then."""
    chance, found = random.Random(seed), {}
    for number in range(customers):
        currency = chance.choice(("EUR", "EUR", "EUR", "USD"))
        touches = [
            touch(
                at, Kind.PURCHASE if paying else Kind.ENGAGE, currency=currency,
                amount=round(chance.lognormvariate(3, 1), 2) if paying else None,
            )
            for at in sorted(chance.uniform(0, 99) for _ in range(chance.choice((1, 1, 1, 2, 3, 5, 9))))
        ]  # fmt: skip
        found[f"c{number}"] = fold(Facts(), touches)
    return found


def norms_of(facts: dict[str, Facts]) -> Norms:
    population = Population(POLICY)
    for name, each in facts.items():
        population.add(Profile(name, each), NOW)
    return population.norms(NOW)


def fifths(values: pd.Series) -> list[float]:
    return np.quantile(values, FIFTHS, method="inverted_cdf").tolist()


def test_bounds_are_the_exact_ones_or_at_most_a_hundredth_above() -> None:
    facts = shop(800, seed=1)
    frame = pd.DataFrame(
        [
            (
                (NOW - max(money.last_at for money in each.money.values())) / 86_400,
                money.orders,
                currency,
                money.revenue,
            )
            for each in facts.values()
            for currency, money in each.money.items()
        ],
        columns=["recency", "frequency", "currency", "monetary"],
    )
    bounds = norms_of(facts).rfm
    assert bounds is not None
    assert bounds.paying
    assert bounds.frequency == fifths(frame.frequency)
    exact = {"recency": fifths(frame.recency)}
    exact |= {currency: fifths(each.monetary) for currency, each in frame.groupby("currency")}
    for name, right in exact.items():
        found = bounds.recency if name == "recency" else bounds.monetary[name]
        for ours, theirs in zip(found, right, strict=True):
            assert theirs <= ours <= theirs * GROWTH + 1e-9
    # So only those within a hundredth above a bound are scored by their neighbours' fifth.
    differ = 0
    for (name, each), row in zip(facts.items(), frame.itertuples(), strict=True):
        measured = measure(each, paying=True)
        assert measured is not None, name
        right = (
            5 - sum(row.recency > bound for bound in exact["recency"]),
            1 + sum(row.frequency > bound for bound in fifths(frame.frequency)),
            1 + sum(row.monetary > bound for bound in exact[row.currency]),
        )
        ours = score(measured, NOW, bounds)
        differ += ours != right
        for mine, theirs in zip(ours, right, strict=True):
            assert mine is not None
            assert abs(mine - theirs) <= 1
    assert differ <= 0.04 * len(facts)


def test_where_nobody_pays_it_is_about_active_days() -> None:
    facts = shop(300, seed=2, paying=False)
    bounds = norms_of(facts).rfm
    assert bounds is not None
    assert not bounds.paying
    assert bounds.monetary == {}
    assert bounds.frequency == fifths(pd.Series([each.days for each in facts.values()]))
    # One who has paid turns it: the rest is not rated any more, and of one there are no fifths.
    assert norms_of({**facts, "buyer": shop(1, 3)["c0"]}).rfm is None


def test_too_few_customers_have_no_fifths() -> None:
    assert norms_of(shop(LEAST - 1, seed=4)).rfm is None
    few = norms_of({**shop(LEAST, seed=5), "yen": fold(Facts(), [touch(1, Kind.PURCHASE, amount=9.0, currency="JPY")])})
    assert few.rfm is not None
    # A currency with fewer: its customers are rated by recency and frequency.
    assert "JPY" not in few.rfm.monetary


def test_every_pair_of_scores_has_a_name() -> None:
    assert set(GRID) == set(product(range(1, 6), repeat=2))
    assert set(GRID.values()) == set(RfmName.__args__)
    assert (GRID[5, 5], GRID[1, 5], GRID[1, 1], GRID[3, 3]) == (
        "Champions", "Can't lose", "Lost customers", "Need attention",
    )  # fmt: skip


def test_time_alone_lowers_recency_when_it_says_so() -> None:
    bounds = RfmBounds(True, [1.0, 5.0, 5.0, 20.0], [1.0, 1.0, 2.0, 3.0], {"EUR": [10.0, 20.0, 30.0, 40.0]})
    measured = measure(fold(Facts(), [touch(0, Kind.PURCHASE, amount=25.0, currency="EUR")]), paying=True)
    assert measured is not None
    at, scores = day(0), list[int]()
    while at < inf:
        found = score(measured, at, bounds)
        assert (found.frequency, found.money, found.name) == (1, 3, GRID[found.recency, 2])
        scores.append(found.recency)
        at = turns_at(measured, at, bounds)
    assert scores == [5, 4, 2, 1]


def test_a_customer_moves_with_what_they_buy_and_with_time() -> None:
    bounds = RfmBounds(True, [1.0, 5.0, 9.0, 20.0], [1.0, 2.0, 3.0, 4.0], {"EUR": [10.0, 20.0, 30.0, 40.0]})
    norms, models = Norms(NOW, rfm=bounds), FixedModels(0.2)
    profile = advance(Profile("ada"), [touch(0)], day(0), models, POLICY, norms=norms).profile
    assert rfm_of(profile).rfm is None
    buys = [touch(0.5, Kind.PURCHASE, amount=25.0, currency="EUR")]
    profile = advance(profile, buys, day(0.5), models, POLICY, norms=norms).profile
    assert rfm_of(profile).rfm == Place("Potential loyalists", day(0.5), "newcomers")
    found = list[Place | None]()
    while profile.judgements.timer and profile.judgements.timer < day(80):
        profile = advance(profile, (), profile.judgements.timer, models, POLICY, norms=norms).profile
        if rfm_of(profile).rfm not in found:
            found.append(rfm_of(profile).rfm)
    assert [(place.name, place.before) for place in found if place] == [
        ("Potential loyalists", "newcomers"), ("About to sleep", "Potential loyalists"),
        ("Hibernating", "About to sleep"),
    ]  # fmt: skip
    assert [round(place.since - day(0.5)) // 86_400 for place in found if place] == [0, 5, 9]


@pytest.mark.parametrize("norms", [Norms(), Norms(NOW)])
def test_without_norms_a_timer_does_not_come_for_ever(norms: Norms) -> None:
    profile = advance(Profile("ada"), [touch(0)], day(0), FixedModels(0.2), POLICY).profile
    profile.judgements.segments = Memberships(rfm=Place("Promising", day(0)), rfm_at=day(1))
    profile.judgements.timer = day(1)
    after = advance(profile, (), day(1), FixedModels(0.2), POLICY, norms=norms).profile
    assert rfm_of(after) == Memberships(
        lifecycle=Place("new", day(1), ""), rfm=Place("Promising", day(0)), rfm_at=day(2)
    )


def test_it_can_be_turned_off() -> None:
    off = POLICY.model_copy(update={"without": frozenset({"rfm"})})
    norms = norms_of(shop(50, seed=6))
    buys = [touch(0, Kind.PURCHASE, amount=1.0, currency="EUR")]
    on = advance(Profile("ada"), buys, day(1), FixedModels(0.2), POLICY, norms=norms).profile
    assert rfm_of(on).rfm is not None
    assert rfm_of(advance(on, (), on.judgements.timer, FixedModels(0.2), off, norms=norms).profile).rfm is None


def rfm_of(profile: Profile) -> Memberships:
    held = profile.judgements.segments
    assert held is not None
    return held
