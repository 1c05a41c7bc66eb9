"""The sketch of quantiles holds its bound, whatever it is given and however it was merged."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.quantiles import GROWTH, LEAST, MOST, Quantiles

SHARES = (0.2, 0.4, 0.5, 0.6, 0.8, 0.99, 1.0)
values = st.lists(
    st.one_of(st.floats(0, 1e9), st.integers(0, 40).map(float), st.floats(-5, 0), st.floats(1e12, 1e15)), max_size=200
)


def sketched(numbers: list[float]) -> Quantiles:
    sketch = Quantiles()
    for number in numbers:
        sketch.add(number)
    return sketch


@settings(max_examples=200, deadline=None)
@given(values, st.integers(0, 200))
def test_it_is_the_exact_quantile_or_at_most_a_bucket_above(numbers: list[float], cut: int) -> None:
    parts = sketched(numbers[:cut])
    parts.merge(sketched(numbers[cut:]))
    found = parts.at(SHARES)
    assert found == sketched(numbers[::-1]).at(SHARES)
    if not numbers:
        assert found == []
        return
    exact = np.quantile([max(0.0, number) for number in numbers], SHARES, method="inverted_cdf")
    for ours, right in zip(found, exact, strict=True):
        assert ours in map(abs, numbers) or ours == 0.0
        if LEAST < right < MOST / GROWTH:
            assert right <= ours <= right * GROWTH * (1 + 1e-9)
        else:
            assert ours >= right


def test_counts_are_exact() -> None:
    assert sketched([1.0] * 50 + [2.0] * 30 + [3.0] * 20).at((0.2, 0.5, 0.51, 0.8, 0.81)) == [1.0, 1.0, 2.0, 2.0, 3.0]


@pytest.mark.parametrize("spread", [1.0, 30.0])
def test_its_room_is_bounded(spread: float) -> None:
    chance = np.random.default_rng(1)
    sketch = sketched(np.exp(chance.normal(0.0, spread, 20_000)).tolist())
    assert sketch.count == 20_000
    assert len(sketch._counts) <= 3_473
