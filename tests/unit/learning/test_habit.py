"""The habit: what it says comes true, and refitting finds how customers really are."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import hyp2f1

from processors.learning.habit import Habit, Summary
from processors.learning.measures import mean_log_loss

HORIZON, WINDOW = 30.0, 180.0
REAL = Habit(r=1.2, alpha=15.0, a=0.6, b=1.5)


def lived(count: int, seed: int) -> list[Summary]:
    """Customers as the model has it, at a day of half a year after their first, and what they did in the horizon."""
    chance, found = random.Random(seed), list[Summary]()
    for _ in range(count):
        rate, leaves = chance.gammavariate(REAL.r, 1 / REAL.alpha), chance.betavariate(REAL.a, REAL.b)
        age = chance.uniform(1.0, WINDOW)
        repeats, recency, at, came = 0, 0.0, 0.0, False
        while not repeats or chance.random() >= leaves:
            at += chance.expovariate(rate)
            if at > age:
                came = at <= age + HORIZON
                break
            repeats, recency = repeats + 1, at
        found.append(Summary(float(repeats), recency, age, not came))
    return found


def ahead(count: int, repeats: int, recency: float, age: float, span: float, discount: float, seed: int) -> float:
    """Active days to come, one by one discounted, of customers with such a history, by drawing many and waiting."""
    chance, sums, weights = random.Random(seed), 0.0, 0.0
    for _ in range(count):
        rate, leaves = chance.gammavariate(REAL.r, 1 / REAL.alpha), chance.betavariate(REAL.a, REAL.b)
        # How likely such a history is of such a customer, being still there or having left after the last day.
        stayed = rate**repeats * (1 - leaves) ** repeats * math.exp(-rate * age)
        left = rate**repeats * (1 - leaves) ** (repeats - 1) * leaves * math.exp(-rate * recency) if repeats else 0.0
        weights += stayed + left
        at = chance.expovariate(rate)
        while at <= span:
            sums += stayed * math.exp(-discount * at)
            if chance.random() < leaves:
                break
            at += chance.expovariate(rate)
    return sums / weights


def loss(habit: Habit, sample: list[Summary]) -> float:
    said = [habit.stays_away(each.repeats, each.recency, each.age, HORIZON) for each in sample]
    return mean_log_loss(said, [each.stayed_away for each in sample])


def test_what_it_says_comes_true() -> None:
    sample = lived(4000, seed=1)
    for busy in (False, True):
        those = [each for each in sample if (each.repeats > 2) == busy]
        said = sum(REAL.stays_away(each.repeats, each.recency, each.age, HORIZON) for each in those)
        assert said == pytest.approx(sum(each.stayed_away for each in those), rel=0.06)


def test_refitted_it_is_level_with_the_parameters_that_are_real() -> None:
    fitted, unseen = Habit().refitted(lived(2000, seed=2), HORIZON), lived(4000, seed=3)
    assert loss(fitted, unseen) < loss(Habit(), unseen)
    assert loss(fitted, unseen) == pytest.approx(loss(REAL, unseen), abs=0.01)


def test_who_came_on_one_day_only_is_not_the_safest() -> None:
    assert REAL.stays_away(0.0, 0.0, 60.0, HORIZON) > REAL.stays_away(5.0, 55.0, 60.0, HORIZON) + 0.2


def test_expected_days_are_those_of_the_published_example() -> None:
    # Fader, Hardie and Lee, "Implementing the BG/NBD Model in Excel" (2005): customer 0001 of CDNOW, in weeks.
    published = Habit(r=0.243, alpha=4.414, a=0.793, b=2.426)
    assert published.expected(2.0, 30.43, 38.86, 39.0) == pytest.approx(1.226, abs=0.0005)


def test_expected_days_are_those_of_the_published_formula() -> None:
    r, alpha, a, b = REAL
    for x, recency, age, span in ((0.0, 0.0, 5.0, 30.0), (1.0, 3.0, 90.0, 400.0), (60.0, 170.0, 180.0, 1_095.0)):
        grown = ((alpha + age) / (alpha + span + age)) ** (r + x)
        grown *= float(hyp2f1(r + x, b + x, a + b + x - 1, span / (alpha + age + span)))
        left = a / (b + x - 1) * ((alpha + age) / (alpha + recency)) ** (r + x) if x else 0.0
        wanted = (a + b + x - 1) / (a - 1) * (1 - grown) / (1 + left)
        assert REAL.expected(x, recency, age, span) == pytest.approx(wanted, rel=1e-4)


@pytest.mark.parametrize(("repeats", "recency", "age"), [(0, 0.0, 20.0), (3, 40.0, 60.0)])
@pytest.mark.parametrize("discount", [0.0, 0.01])
def test_expected_days_come_true_discounted_or_not(repeats: int, recency: float, age: float, discount: float) -> None:
    drawn = ahead(30_000, repeats, recency, age, 365.0, discount, seed=1)
    assert REAL.expected(float(repeats), recency, age, 365.0, discount) == pytest.approx(drawn, rel=0.04)


@given(
    st.tuples(*[st.floats(-8.0, 8.0)] * 4),
    st.integers(0, 3_000),
    st.floats(0.0, 1.0),
    st.floats(0.001, 4_000.0),
    st.floats(1.0, 4_000.0),
    st.floats(0.0, 0.01),
)
def test_expected_days_are_no_more_than_at_the_rate_of_the_past(
    logarithms: tuple[float, ...], repeats: int, share: float, age: float, span: float, discount: float
) -> None:
    habit = Habit(*(math.exp(each) for each in logarithms))
    found = habit.expected(float(repeats), share * age, age, span, discount)
    assert 0.0 <= found <= 1.05 * span * (habit.r + repeats) / (habit.alpha + age)
    assert found <= 1.001 * habit.expected(float(repeats), share * age, age, span) + 1e-9
