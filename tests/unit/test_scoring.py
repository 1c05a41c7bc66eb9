"""Scores are probabilities and counts whatever a model says, and predictions note what they were made from."""

import pytest

from processors.features import extract
from processors.fold import fold
from processors.models import NoModels
from processors.scoring import prediction_of, score
from schemas.profile import Facts
from tests.unit.making import POLICY, FixedModels, day, touch

FACTS = fold(Facts(), [touch(n) for n in range(0, 100, 2)])


def test_scores_stay_within_their_range() -> None:
    wild = score(FACTS, extract(FACTS, day(100)), day(100), FixedModels(churn=1.7, engagement=-3.0), POLICY)
    assert (wild.churn, wild.engagement) == (1.0, 0.0)


def test_before_the_first_model_the_customer_is_expected_to_go_on_as_usual() -> None:
    found = score(FACTS, extract(FACTS, day(100)), day(100), NoModels(), POLICY)
    assert found.warming_up
    assert found.engagement == found.usual > 2.0


def test_a_prediction_keeps_the_features_and_the_base_rate_of_its_time() -> None:
    features, models = extract(FACTS, day(100)), FixedModels(churn=0.25, version=9)
    made = prediction_of(score(FACTS, features, day(100), models, POLICY), features, models)
    assert (made.churn, made.model, made.base_rate) == (0.25, 9, 0.3)
    assert [kept / 1000 for kept in made.features] == pytest.approx(features, abs=0.001)
