"""Value: a mean that adds up, whatever the revenue is like, and ranks customers by what they pay."""

import random

import numpy as np
import pytest
from scipy.stats import spearmanr

from processors.learning.inputs import INPUTS
from processors.learning.scale import Scale
from processors.learning.scorers import Bounds
from processors.learning.value import Value


def world(count: int, often: float, spread: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Inputs and revenues: most pay nothing where `often` is small, and single orders differ by `spread`."""
    chance = np.random.default_rng(seed)
    rate = often * np.exp(chance.normal(0.0, 0.8, count) - 0.32)
    orders = chance.poisson(rate)
    paid = np.array([np.exp(chance.normal(3.0, spread, number)).sum() for number in orders])
    inputs = chance.normal(size=(count, len(INPUTS)))
    inputs[:, INPUTS.index("orders")] = np.log(rate / often) + chance.normal(0.0, 0.3, count)
    return inputs, paid


def foretold(inputs: np.ndarray, paid: np.ndarray, learned: int) -> np.ndarray:
    """What is said of those after the first so many, who are learned from."""
    scale, value = Scale(len(INPUTS)), Value()
    for row, revenue in zip(inputs[:learned], paid[:learned].tolist(), strict=True):
        value.learn(scale.learn(row), revenue, "EUR")
    (log_share, means), bounded = value.serve(scale), Bounds.of(scale)
    return np.array([means["EUR"] * np.exp(log_share(bounded(row))) for row in inputs[learned:].tolist()])


@pytest.mark.parametrize(("often", "spread", "within"), [(3.0, 0.5, 0.06), (0.5, 0.8, 0.1), (0.1, 1.2, 0.2)])
def test_it_adds_up_and_ranks_also_where_few_pay_and_some_pay_much(often: float, spread: float, within: float) -> None:
    inputs, paid = world(16_000, often, spread, seed=4)
    said = foretold(inputs, paid, 8_000)
    assert said.sum() == pytest.approx(paid[8_000:].sum(), rel=within)
    oracle = spearmanr(inputs[8_000:, INPUTS.index("orders")], paid[8_000:]).statistic
    assert spearmanr(said, paid[8_000:]).statistic > 0.9 * oracle


def test_one_order_of_a_thousand_times_the_usual_does_not_teach_what_the_next_one_is_worth() -> None:
    inputs, paid = world(4_000, 3.0, 0.5, seed=5)
    before = foretold(inputs, paid, 3_000)
    paid[2_990] *= 1_000.0
    after = foretold(inputs, paid, 3_000)
    assert spearmanr(before, after).statistic > 0.98


def test_currencies_share_what_is_learned_and_have_their_own_mean() -> None:
    chance, scale, value = random.Random(6), Scale(len(INPUTS)), Value()
    for _ in range(3_000):
        row = np.array([chance.gauss() for _ in INPUTS])
        paid = np.exp(0.6 * row[INPUTS.index("orders")]) * chance.expovariate(1.0)
        value.learn(scale.learn(row), 20.0 * paid, "EUR")
        value.learn(scale.learn(row), 3_000.0 * paid, "JPY")
    (log_share, means), bounded = value.serve(scale), Bounds.of(scale)
    assert means["JPY"] == pytest.approx(150.0 * means["EUR"], rel=0.01)
    rich = bounded([1.0 if name == "orders" else 0.0 for name in INPUTS])
    plain = bounded([0.0] * len(INPUTS))
    assert np.exp(log_share(rich) - log_share(plain)) == pytest.approx(np.exp(0.6), rel=0.15)


def test_nothing_was_ever_paid() -> None:
    scale, value = Scale(len(INPUTS)), Value()
    for _ in range(5):
        value.learn(scale.learn(np.zeros(len(INPUTS))), 0.0, "EUR")
    assert value.serve(scale)[1] == {}
