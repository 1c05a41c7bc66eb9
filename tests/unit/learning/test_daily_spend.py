"""Daily spend: the Gamma-Gamma model says what its authors say, and finds how customers really are."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.learning.daily_spend import DailySpend, GammaGamma

PUBLISHED = GammaGamma(p=6.25, q=3.74, gamma=15.44)
"""Of CDNOW: Fader and Hardie (2013)."""


def spent(count: int, model: GammaGamma, seed: int) -> list[tuple[float, float, float]]:
    """Customers as the model has it: days, what each came to, and what it does in the long run."""
    chance, found = random.Random(seed), list[tuple[float, float, float]]()
    for _ in range(count):
        scale = chance.gammavariate(model.q, 1 / model.gamma)
        days = chance.randint(1, 12)
        mean = sum(chance.gammavariate(model.p, 1 / scale) for _ in range(days)) / days
        found.append((float(days), mean, model.p / scale))
    return found


def test_the_published_parameters_give_the_published_expectations() -> None:
    # The same note: customers 0001 and 0002, with means of 22.35 over two and 11.77 over one, and one without any.
    assert PUBLISHED.expected(2.0, 22.35) == pytest.approx(24.66, abs=0.01)
    assert PUBLISHED.expected(1.0, 11.77) == pytest.approx(18.92, abs=0.01)
    assert PUBLISHED.expected(0.0, 0.0) == pytest.approx(35.22, abs=0.01)


def test_what_it_says_comes_true_of_small_and_of_large_means() -> None:
    customers = sorted(spent(20_000, PUBLISHED, seed=1), key=lambda each: each[1])
    for those in (customers[:5_000], customers[-5_000:]):
        said = sum(PUBLISHED.expected(days, mean) for days, mean, _ in those)
        assert said == pytest.approx(sum(real for _, _, real in those), rel=0.02)


def test_refitted_it_finds_the_parameters_that_are_real() -> None:
    days, means, _ = zip(*spent(4_000, PUBLISHED, seed=2), strict=True)
    found = GammaGamma().refitted(days, means)
    assert found.q == pytest.approx(PUBLISHED.q, rel=0.15)
    for days_, mean in ((1.0, 10.0), (1.0, 100.0), (8.0, 50.0)):
        assert found.expected(days_, mean) == pytest.approx(PUBLISHED.expected(days_, mean), rel=0.03)


@given(
    st.tuples(st.floats(0.01, 3_000.0), st.floats(1.001, 3_000.0), st.floats(0.001, 3_000.0)),
    st.integers(0, 5_000),
    st.floats(0.0, 1e6),
)
def test_it_is_between_the_own_mean_and_that_of_all(
    parameters: tuple[float, float, float], days: int, mean: float
) -> None:
    model = GammaGamma(*parameters)
    everybody = model.expected(0.0, 0.0)
    found = model.expected(float(days), mean)
    assert min(mean, everybody) * (1 - 1e-9) <= found <= max(mean, everybody) * (1 + 1e-9)


def test_each_currency_has_a_unit_of_its_own() -> None:
    learned = DailySpend()
    customers = spent(400, PUBLISHED, seed=3)
    means = []
    for place, (days, mean, _) in enumerate(customers):
        unit, currency = ((1.0, "EUR"), (150.0, "JPY"))[place % 2]
        means.append(learned.learn(days, unit * days * mean, currency))
    learned.refit([days for days, _, _ in customers], means)
    served = learned.serve()
    euros, yen = served.expected(2.0, 60.0, "EUR"), served.expected(2.0, 9_000.0, "JPY")
    assert euros is not None
    assert yen == pytest.approx(150.0 * euros, rel=0.15)
    assert served.expected(2.0, 60.0, "CHF") is None


def test_who_spent_nothing_teaches_nothing() -> None:
    learned = DailySpend()
    assert learned.learn(3.0, 0.0, "EUR") == learned.learn(3.0, -5.0, "EUR") == 0.0
    learned.refit([3.0] * 500, [0.0] * 500)
    assert learned.model == GammaGamma()
    assert learned.serve().expected(1.0, 10.0, "EUR") is None
