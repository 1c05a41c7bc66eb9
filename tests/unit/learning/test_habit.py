"""The habit: what it says comes true, and refitting finds how customers really are."""

import random

import pytest

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
