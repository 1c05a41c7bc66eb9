"""Concentration: the shares of tenths are those that sorting everybody gives, nearly."""

import random
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.concentration import TENTHS, Concentration


def sorted_out(amounts: list[float]) -> list[float]:
    """The same by brute force: everybody is cut into ten parts, so that tenths end between them."""
    cents = np.repeat(np.sort(np.round(100.0 * np.maximum(amounts, 0.0)))[::-1], TENTHS)
    return [float(each.sum() / cents.sum()) for each in np.split(cents, TENTHS)]


def shares_of(amounts: list[float]) -> list[float]:
    found = Concentration()
    for each in amounts:
        found.add(each)
    return found.tenths()


@pytest.mark.parametrize("spread", [0.0, 0.5, 2.0])
@pytest.mark.parametrize("count", [3, 10, 997, 5_000])
def test_it_is_what_sorting_gives(spread: float, count: int) -> None:
    chance = random.Random(count)
    amounts = [round(chance.lognormvariate(3.0, spread), 2) * (chance.random() < 0.9) for _ in range(count)]
    amounts[0] = 10.0
    assert shares_of(amounts) == pytest.approx(sorted_out(amounts), abs=0.003)


@given(st.lists(st.floats(-1e3, 1e9), max_size=60))
def test_shares_fall_and_sum_to_one(amounts: list[float]) -> None:
    shares = shares_of(amounts)
    if not any(each >= 0.005 for each in amounts):
        assert shares == [] or sum(shares) == pytest.approx(1.0, abs=0.001)
        return
    assert sum(shares) == pytest.approx(1.0, abs=0.001)
    assert all(more >= less - 0.013 * more - 0.0002 for more, less in pairwise(shares))


def test_the_order_of_customers_does_not_show() -> None:
    chance = random.Random(3)
    amounts = [chance.expovariate(0.01) for _ in range(500)]
    shuffled = chance.sample(amounts, k=500)
    assert shares_of(amounts) == shares_of(shuffled)


def test_of_nothing_nobody_has_a_share() -> None:
    assert shares_of([]) == shares_of([0.0, -5.0, 0.004]) == []
