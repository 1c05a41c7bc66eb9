"""Decayed counts read as rates."""

import pytest

from processors.decay import DAY, HALF_LIVES, LONG, factors, rate


def test_a_factor_halves_at_its_half_life() -> None:
    for place, half_life in enumerate(HALF_LIVES):
        assert factors(half_life * DAY)[place] == pytest.approx(0.5)


def test_a_steady_stream_reads_as_its_rate_at_any_age() -> None:
    per_day = 2.0
    for tenure in (10, 100, 1000):
        held = sum(factors(n / per_day * DAY)[LONG] for n in range(int(tenure * per_day)))
        assert rate(held, HALF_LIVES[LONG], tenure) == pytest.approx(per_day, rel=0.06)
