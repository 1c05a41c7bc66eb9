"""Scores are probabilities and counts whatever a model says, and predictions note what they were made from."""

import pytest

from processors.features import extract
from processors.fold import fold
from processors.models import NoModels
from processors.scoring import prediction_of, score
from schemas.facts import Facts
from schemas.kinds import Kind
from tests.unit.making import POLICY, FixedModels, day, touch

FACTS = fold(Facts(), [touch(n) for n in range(0, 100, 2)])


def test_scores_stay_within_their_range() -> None:
    wild = score(FACTS, extract(FACTS, day(100)), day(100), FixedModels(churn=1.7), POLICY)
    assert wild.churn == 1.0


def test_before_the_first_model_the_customer_is_expected_to_go_on_as_usual() -> None:
    found = score(FACTS, extract(FACTS, day(100)), day(100), NoModels(), POLICY)
    assert found.warming_up
    assert found.engagement == found.usual > 2.0


def test_a_prediction_keeps_the_features_and_the_base_rate_of_its_time() -> None:
    features, models = extract(FACTS, day(100)), FixedModels(churn=0.25, version=9)
    made = prediction_of(FACTS, score(FACTS, features, day(100), models, POLICY), features, models, None)
    assert (made.churn, made.members, made.base_rate) == (2500, [2500] * 4, 3000)
    assert (made.engagement, made.low, made.high) == (1000, 0, 2000)
    assert (made.model, made.value, made.currency) == (9, None, None)
    assert [kept / 1000 for kept in made.features] == pytest.approx(features, abs=0.001)


def test_value_is_said_of_customers_who_pay_in_the_currency_they_pay_in() -> None:
    paying = fold(FACTS, [touch(100, Kind.PURCHASE, amount=30.0, currency="EUR")])
    models = FixedModels(value=12.5)
    found = score(paying, extract(paying, day(101)), day(101), models, POLICY)
    assert found.value == 12.5
    made = prediction_of(paying, found, extract(paying, day(101)), models, None)
    assert (made.value, made.currency) == (1250, "EUR")
    assert score(FACTS, extract(FACTS, day(100)), day(100), models, POLICY).value is None
