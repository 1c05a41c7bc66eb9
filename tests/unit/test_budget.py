"""A budget of alerts is kept to, and well spent, though nobody knows how the day goes on."""

import math
import random
from collections import Counter, defaultdict
from heapq import nlargest
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.advance import advance
from processors.budget import Budget
from processors.decay import DAY
from schemas.alert import Alert
from schemas.kinds import Kind
from schemas.profile import Profile
from tests.unit.making import MONDAY, POLICY, FixedModels, day, touch

DAYS = 30
OFFERS = st.tuples(st.floats(0, 40 * DAY, exclude_max=True), st.floats(0, 1e12, allow_subnormal=False), st.floats(0, 1))


def month(seed: int, a_day: int, growth: float = 0.0, weekend: float = 1.0) -> list[tuple[float, float]]:
    """When candidates come and what they are worth: log-normal values, busy evenings and quiet mornings."""
    chance, found = random.Random(seed), list[tuple[float, float]]()
    for date in range(DAYS):
        busy = a_day * (1 + growth) ** date * (weekend if date % 7 > 4 else 1.0)
        at = 0.0
        while (at := at + chance.expovariate(2 * busy)) < 1.0:
            if 2 * chance.random() < 1 + 0.8 * math.sin(2 * math.pi * (at - 0.4)):
                found.append((day(date + at), chance.lognormvariate(3, 1.5)))
    return found


def by_day(candidates: list[tuple[float, float]]) -> list[list[float]]:
    days = defaultdict[float, list[float]](list)
    for at, value in candidates:
        days[at // DAY].append(value)
    return list(days.values())


@given(st.lists(OFFERS, max_size=300), st.integers(1, 5))
def test_never_more_than_the_budget_in_a_day_whatever_comes(offers: list[tuple[float, ...]], most: int) -> None:
    budget, taken = Budget(), Counter[int]()
    for number, (at, amount, risk) in enumerate(offers):
        taken[int(at // DAY)] += budget.offer(amount, risk, at, most)
        if number % 7 == 0:
            budget = msgspec.msgpack.decode(msgspec.msgpack.encode(budget), type=Budget)
    assert max(taken.values(), default=0) <= most


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("a_day", "most"), [(40, 5), (100, 10), (1000, 10), (500, 50)])
def test_it_is_spent_on_the_most_value_though_the_days_end_is_not_known(a_day: int, most: int, seed: int) -> None:
    budget, candidates = Budget(), month(seed, a_day)
    taken = [value for at, value in candidates if budget.offer(value, 0.8, at, most)]
    days = by_day(candidates)
    best = sum(sum(nlargest(most, values)) for values in days)
    first = sum(sum(values[:most]) for values in days)
    print(f"{sum(taken) / best:.3f} of hindsight, first come {first / best:.3f}, used {len(taken) / most / DAYS:.3f}")
    assert sum(taken) >= 0.8 * best
    assert sum(taken) >= 2 * first
    assert len(taken) >= 0.9 * most * DAYS
    assert len(msgspec.msgpack.encode(budget)) < 3000


@pytest.mark.parametrize(("growth", "weekend"), [(0.05, 1.0), (0.0, 0.4)])
def test_it_follows_busier_times_and_quiet_weekends(growth: float, weekend: float) -> None:
    budget, candidates = Budget(), month(1, 100, growth, weekend)
    taken = [value for at, value in candidates if budget.offer(value, 0.8, at, 10)]
    assert sum(taken) >= 0.8 * sum(sum(nlargest(10, values)) for values in by_day(candidates))
    assert len(taken) >= 0.9 * 10 * DAYS


def test_before_a_whole_day_was_seen_it_is_spent_evenly() -> None:
    budget = Budget()
    taken = [day(place / 1000) for place in range(1000) if budget.offer(1.0, 0.8, day(place / 1000), 10)]
    assert len(taken) == 10
    assert all(later - earlier == pytest.approx(DAY / 10, rel=0.02) for earlier, later in pairwise(taken))


def test_the_price_falls_to_nothing_at_the_days_end() -> None:
    budget = Budget()
    for hour in range(5 * 24):
        budget.offer(100.0, 0.8, day(hour / 24), 1)
    assert not budget.offer(1.0, 0.8, day(5.5), 1)
    assert budget.offer(1.0, 0.8, day(5.999), 1)


def test_without_money_the_risk_decides_and_any_money_counts_more() -> None:
    def seen() -> Budget:
        budget = Budget()
        for place in range(3000):
            budget.offer(0.0, 0.7 + place % 30 / 100, day(place / 1000), 10)
        return budget

    assert not seen().offer(0.0, 0.75, day(3.1), 10)
    assert seen().offer(0.0, 0.999, day(3.1), 10)
    assert seen().offer(5.0, 0.7, day(3.1), 10)


def test_a_partition_that_lags_spends_what_its_own_day_has_left() -> None:
    budget = Budget()
    assert budget.offer(1.0, 0.8, day(3), 1)
    assert budget.offer(1.0, 0.8, day(2.9), 1)
    assert not budget.offer(9.0, 0.8, day(2.95), 1)
    budget.offer(1.0, 0.8, day(60), 1)
    assert not budget.offer(9.0, 0.8, day(1.99), 1), "of a day so long ago nobody knows what was spent"


def lived(customers: int, until: float, most: int = 1) -> tuple[list[Alert], dict[str, Profile], Budget]:
    """Customers who are at risk all the time, touched once and then looked at by their timers."""
    policy, budget, models = POLICY.model_copy(update={"churn_alerts_per_day": most}), Budget(), FixedModels(churn=0.9)
    profiles, alerts = dict[str, Profile](), list[Alert]()
    for number in range(customers):
        name, at = f"customer {number}", (number + 0.5) / customers
        order = touch(at, Kind.PURCHASE, name, amount=10.0 + number, currency="EUR")
        step = advance(Profile(name), [order], day(at), models, policy, budget)
        profiles[name] = step.profile
        alerts += step.alerts
    while True:
        name = min(profiles, key=lambda name: profiles[name].judgements.timer or math.inf)
        at = profiles[name].judgements.timer
        if not 0 < at < day(until):
            return alerts, profiles, budget
        step = advance(profiles[name], (), at, models, policy, budget)
        assert not 0 < step.profile.judgements.timer <= at, "a look comes, or it does not; it never comes at once"
        profiles[name] = step.profile
        alerts += step.alerts


def test_who_is_refused_stays_a_candidate_and_asks_once_a_day() -> None:
    alerts, profiles, budget = lived(6, until=12)
    assert all(alert.kind == "churn.risk" for alert in alerts)
    assert len({alert.customer for alert in alerts}) == len(alerts) == 6, "sooner or later it is everybody's turn"
    assert max(Counter(alert.at.date() for alert in alerts).values()) == 1
    assert budget.offers == sum((alert.at.timestamp() - MONDAY) // DAY + 1 for alert in alerts)
    for alert in alerts:
        assert alert.since.timestamp() < MONDAY + DAY, "at risk since the first look, however late it is said"
        assert profiles[alert.customer].judgements.episodes["churn.risk"].refused_at == 0


def test_touches_after_a_refusal_are_no_more_candidates() -> None:
    policy, budget = POLICY.model_copy(update={"churn_alerts_per_day": 1}), Budget()
    assert budget.offer(1.0, 0.9, day(0), 1)
    profile = Profile("ada")
    for number in range(1, 20):
        at = number / 24
        profile = advance(profile, [touch(at, offset=number)], day(at), FixedModels(churn=0.9), policy, budget).profile
    assert budget.offers == 2
    again = advance(profile, [touch(1.1, offset=30)], day(1.1), FixedModels(churn=0.9), policy, budget)
    assert budget.offers == 3
    assert [alert.kind for alert in again.alerts] == ["churn.risk"]


def test_without_a_budget_in_the_policy_nobody_is_refused() -> None:
    budget = Budget()
    for name in ("ada", "bob"):
        assert advance(Profile(name), [touch(0)], day(0), FixedModels(churn=0.9), POLICY, budget).alerts
    assert budget.offers == 0
