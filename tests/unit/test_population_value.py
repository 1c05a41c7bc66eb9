"""Value of all customers: what pandas makes of the profiles, by currency, for the largest of them."""

import random
from datetime import UTC, datetime

import pandas as pd
import pytest

from processors.census import MOST_CURRENCIES, Census
from processors.features import usual_revenue
from processors.fold import fold
from processors.population import Population
from processors.population.value import ValueTally
from schemas.facts import Facts
from schemas.judgements import Judgements, Scores
from schemas.kinds import Kind
from schemas.policy import Policy
from schemas.profile import Profile
from schemas.value import Value
from tests.unit.making import POLICY, day, touch

NOW = day(100)


def told(profiles: list[Profile], policy: Policy = POLICY) -> Value:
    tally = ValueTally(policy)
    for each in profiles:
        tally.add(each, NOW)
    return tally.told(NOW)


def everybody(count: int, seed: int) -> list[Profile]:
    """Who paid in no, one or two currencies; some are lost, some scored, and some of these by models that warm up."""
    chance, found = random.Random(seed), []
    for number in range(count):
        last = chance.choice((20.0, 95.0))
        touches = [touch(last)]
        for currency in chance.sample(("EUR", "USD", ""), k=chance.choice((0, 1, 1, 2))):
            for _ in range(chance.randint(1, 3)):
                amount = round(chance.lognormvariate(3, 1), 2)
                touches.append(touch(last - chance.random(), Kind.PURCHASE, amount=amount, currency=currency))
        scores = None
        if last > 70 and chance.random() < 0.8:
            value, lifetime = (chance.choice((None, round(chance.uniform(0, 900), 2))) for _ in range(2))
            warming = chance.random() < 0.1
            churn = round(chance.random(), 4)
            scores = Scores(NOW, churn, 1.0, 1.0, value=value, lifetime=lifetime, warming_up=warming)
        touches.sort(key=lambda each: each.at)
        found.append(Profile(f"c{number}", fold(Facts(), touches), Judgements(scores=scores)))
    return found


def test_it_is_what_pandas_makes_of_the_profiles() -> None:
    profiles = everybody(600, seed=1)
    paid, scored = [], []
    for profile in profiles:
        facts, scores = profile.facts, profile.judgements.scores
        paid += [(code, money.revenue) for code, money in facts.money.items()]
        if scores is not None and facts.money:
            main = max(facts.money, key=lambda code: facts.money[code].recent)
            expected = usual_revenue(facts, NOW, POLICY.seconds.horizon) if scores.value is None else scores.value
            risk = scores.churn if scores.churn >= POLICY.churn_opens and not scores.warming_up else 0.0
            scored.append((main, expected, expected * risk, scores.lifetime))
    money = pd.DataFrame(paid, columns=["currency", "paid"]).groupby("currency").paid
    ahead = pd.DataFrame(scored, columns=["currency", "expected", "at_risk", "lifetime"]).groupby("currency")
    section = told(profiles)
    assert section.customers == sum(bool(profile.facts.money) for profile in profiles)
    assert [each.currency for each in section.currencies] == [*money.sum().sort_values(ascending=False).index]
    for each in section.currencies:
        rows = money.get_group(each.currency)
        assert (each.customers, each.to_date) == (len(rows), pytest.approx(rows.sum(), abs=0.01))
        assert sum(each.to_date_by_tenth[:2]) == pytest.approx(
            rows.nlargest(round(0.2 * len(rows))).sum() / rows.sum(), abs=0.02
        )
        those = ahead.get_group(each.currency)
        assert (each.active, each.valued) == (len(those), those.lifetime.notna().sum())
        assert each.expected == pytest.approx(those.expected.sum(), abs=0.01 * len(those))
        assert each.at_risk == pytest.approx(those.at_risk.sum(), abs=0.01 * len(those))
        assert each.lifetime == pytest.approx(those.lifetime.sum(), abs=0.01)


def test_what_is_at_risk_is_what_the_census_shows_in_whatever_order_customers_come() -> None:
    profiles = everybody(300, seed=2)
    section, census = told(profiles), Census(POLICY)
    for each in profiles:
        census.add(each, NOW)
    assert {each.currency: each.at_risk for each in section.currencies} == pytest.approx(dict(census.value_at_risk))
    random.Random(1).shuffle(profiles)
    assert told(profiles) == section


def test_it_keeps_to_the_largest_currencies() -> None:
    profiles = [
        Profile(code, fold(Facts(), [touch(90, Kind.PURCHASE, amount=float(size), currency=code)]))
        for size, code in enumerate(f"X{one}{two}" for one in "ABCDE" for two in "ABCDE")
    ]
    section = told(profiles)
    assert section.currencies[0].currency == "XEE"
    assert len(section.currencies) == MOST_CURRENCIES


def test_it_is_a_section_that_can_be_turned_off() -> None:
    assert "value" in Population(POLICY).told(NOW)
    assert "value" not in Population(POLICY.model_copy(update={"without": frozenset({"value"})})).told(NOW)
    assert told([]) == Value(at=datetime.fromtimestamp(NOW, UTC), customers=0, currencies=[])
