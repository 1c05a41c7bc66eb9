"""Features: always the same names, finite, and telling of what they are named after."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.decay import DAY
from processors.features import NAMES, WORDS, as_dict, extract, main_currency, usual_engagement, usual_revenue
from processors.fold import fold
from schemas.facts import Facts
from schemas.kinds import Kind
from schemas.touch import Touch
from tests.unit.making import day, touch
from tests.unit.test_fold import TOUCHES


def features(touches: list[Touch], now: float) -> dict[str, float]:
    return as_dict(extract(fold(Facts(), touches), day(now)))


@given(TOUCHES, st.floats(0, 2000))
def test_every_feature_is_finite_and_has_words(touches: list[Touch], now: float) -> None:
    found = features(touches, now)
    assert tuple(found) == NAMES
    assert set(WORDS) == set(NAMES)
    for name, value in found.items():
        assert math.isfinite(value)
        assert WORDS[name](value)


def test_silence_grows_and_is_measured_against_the_own_rhythm() -> None:
    weekly = [touch(at) for at in (0, 7, 14, 21)]
    soon, late = features(weekly, 22), features(weekly, 42)
    assert soon["recency"] < late["recency"] == pytest.approx(math.log1p(21), abs=1e-4)
    assert soon["overdue"] < 0 < late["overdue"]


def test_a_one_day_customer_is_marked() -> None:
    assert features([touch(0), touch(0.2)], 3)["one_day_only"] == 1.0
    assert features([touch(0), touch(1.2)], 3)["one_day_only"] == 0.0


def test_a_rising_customer_has_a_rising_trend() -> None:
    steady = [touch(at) for at in range(0, 90, 6)]
    assert features([*steady, *(touch(84 + at / 4) for at in range(20))], 90)["trend"] > 0.5
    assert features(steady, 90)["trend"] == pytest.approx(0, abs=0.3)


def test_a_rating_fades_and_a_missing_one_is_neutral() -> None:
    rated = [touch(0), touch(1, Kind.FEEDBACK, rating=0.0)]
    assert features([touch(0)], 1)["rating"] == 0.0
    assert features(rated, 1)["rating"] == -1.0
    assert features(rated, 91)["rating"] == pytest.approx(-0.5, abs=1e-3)


def test_usual_engagement_is_the_long_run_rate() -> None:
    facts = fold(Facts(), [touch(at / 2) for at in range(600)])
    assert usual_engagement(facts, day(300), 7 * DAY) == pytest.approx(14, rel=0.05)
    young = fold(Facts(), [touch(at / 2) for at in range(20)])
    assert usual_engagement(young, day(10), 7 * DAY) == pytest.approx(14, rel=0.15)


def test_usual_revenue_goes_on_as_lately_in_the_main_currency() -> None:
    facts = fold(Facts(), [touch(at, Kind.PURCHASE, amount=30.0, currency="EUR") for at in range(0, 360, 30)])
    assert main_currency(facts) == "EUR"
    assert usual_revenue(facts, day(345), 30 * DAY) == pytest.approx(30, rel=0.15)
    assert main_currency(Facts()) is None
    assert usual_revenue(Facts(), day(0), DAY) == 0.0


def test_lateness_is_silence_against_the_own_rhythm_and_its_spread() -> None:
    """A clockwork customer is late after a little more than the usual gap, an irregular one is not."""
    clockwork = [touch(at) for at in range(0, 101, 10)]
    irregular = [touch(at) for at in (0, 1, 2, 33, 34, 60, 61, 62, 99, 100)]
    assert features(clockwork, 115)["lateness"] > 1.0 > 0.5 > features(irregular, 115)["lateness"]
    assert features(clockwork, 105)["lateness"] < 0
    assert features(clockwork, 115)["irregularity"] == 0.0 < features(irregular, 115)["irregularity"]
