"""Predictions wait for their horizon, both classes alike, and are labelled by what fell into it."""

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.decay import DAY
from processors.features import NAMES
from processors.predictions import MAX_PENDING, next_on_grid, settle, witness
from schemas.facts import Facts
from schemas.judgements import Prediction
from schemas.kinds import Kind
from tests.unit.making import MONDAY, POLICY, day, touch

ZEROS = [0] * len(NAMES)


def prediction(made: float) -> Prediction:
    return Prediction(
        day(made), ZEROS, churn=4000, members=[4000, 3000, 5000, 6000], base_rate=3000, engagement=2000, low=0,
        high=4500, value=1250, model=5, currency="EUR",
    )  # fmt: skip


def test_nothing_is_released_before_the_horizon_has_passed() -> None:
    came_back = witness([prediction(0)], [touch(1)], POLICY)
    waiting, outcomes = settle("ada", came_back, Facts(), day(9.99), POLICY)
    assert (len(waiting), outcomes) == (1, [])
    waiting, outcomes = settle("ada", came_back, Facts(), day(10), POLICY)
    assert waiting == []
    assert [(o.churned, o.engaged, o.left) for o in outcomes] == [(False, 1, False)]


def test_silence_and_campaigns_are_churn() -> None:
    silent = witness([prediction(0)], [touch(3, Kind.CAMPAIGN), touch(4, Kind.FRICTION), touch(5, None)], POLICY)
    _, outcomes = settle("ada", silent, Facts(), day(10), POLICY)
    assert outcomes[0].churned
    assert outcomes[0].engaged == 0


def test_only_touches_within_horizon_and_window_count() -> None:
    touches = [touch(0), touch(-1), touch(4.9), touch(7), touch(10), touch(10.1)]
    (seen,) = witness([prediction(0)], touches, POLICY)
    assert (seen.touches, seen.engaged) == (3, 1)


def test_an_explicit_leave_is_churn_at_once() -> None:
    waiting, outcomes = settle("ada", [prediction(0), prediction(4)], Facts(left_at=day(3)), day(3), POLICY)
    assert [p.made for p in waiting] == [day(4)]
    assert [(o.churned, o.left) for o in outcomes] == [(True, True)]


def test_a_leave_after_the_horizon_does_not_unmake_the_return_within_it() -> None:
    came_back = witness([prediction(0)], [touch(1)], POLICY)
    _, (outcome,) = settle("ada", came_back, Facts(left_at=day(10.4)), day(10.5), POLICY)
    assert (outcome.churned, outcome.left) == (False, False)


def test_the_same_prediction_has_the_same_outcome_id() -> None:
    ids = {settle(who, [prediction(0)], Facts(), day(11), POLICY)[1][0].id for who in ("ada", "ada", "bob")}
    assert len(ids) == 2


def test_a_long_horizon_is_predicted_less_often_and_without_gaps() -> None:
    """What waits at once fits into a profile, and nobody is predicted as a newcomer only."""
    policy = POLICY.model_copy(update={"horizon": timedelta(days=365)})
    times = [next_on_grid("ada", day(0), policy)]
    while times[-1] < day(1000):
        times.append(next_on_grid("ada", times[-1], policy))
    gaps = {round((later - earlier) / DAY, 3) for earlier, later in pairwise(times)}
    assert gaps == {38.421}
    assert all(sum(at < made <= at + 365 * DAY for made in times) <= MAX_PENDING for at in times)


def test_customers_are_spread_over_the_grid() -> None:
    every = POLICY.predict_every.total_seconds()
    times = [next_on_grid(f"customer {n}", MONDAY, POLICY) for n in range(1000)]
    assert all(MONDAY < at <= MONDAY + every for at in times)
    early = sum(at < MONDAY + every / 2 for at in times)
    assert 400 < early < 600
    assert (
        next_on_grid("ada", next_on_grid("ada", MONDAY, POLICY), POLICY) - next_on_grid("ada", MONDAY, POLICY)
        == 5 * DAY
    )


@given(st.text(min_size=1, max_size=8), st.floats(0, 0.001))
def test_the_next_prediction_is_always_later(customer: str, later: float) -> None:
    at = next_on_grid(customer, day(0), POLICY)
    after = at + later
    following = next_on_grid(customer, after, POLICY)
    assert following > after
    assert following == pytest.approx(at + POLICY.seconds.predict_every, abs=0.002)
