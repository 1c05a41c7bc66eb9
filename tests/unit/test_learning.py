"""Learning: it learns, says how well, beside baselines, and the same outcomes give the same model."""

import math
import pickle
import random
from datetime import UTC, datetime, timedelta

import pytest

from processors.features import NAMES
from processors.honesty import BASE_RATE, CHAMPION, MINUS_FREQUENCY, RECENCY, Honesty
from processors.learning import WARM_AFTER, Learner
from processors.serving import ServedModels
from schemas.outcome import Outcome

MADE = datetime(2026, 1, 1, tzinfo=UTC)


def outcome(chance: random.Random, served: ServedModels | None = None, noise: bool = False) -> Outcome:
    """A world in which silence and friction drive churn, and activity drives engagement."""
    features = {name: round(chance.gauss(), 4) for name in NAMES}
    risk = 1 / (1 + math.exp(-(1.5 * features["recency"] + features["friction"] - 0.5)))
    return Outcome(
        id=str(chance.random()),
        customer="ada",
        made_at=MADE,
        due_at=MADE + timedelta(days=30),
        features=features,
        predicted_churn=served.churn(list(features.values())) if served else 0.5,
        predicted_engagement=1.0,
        base_rate=served.base_rate if served else 0.5,
        model=served.version if served else 0,
        churned=chance.random() < (0.4 if noise else risk),
        engaged=round(math.exp(0.5 + 0.6 * features["activity_week"])),
    )


def taught(count: int, seed: int = 1, noise: bool = False) -> Learner:
    chance, learner = random.Random(seed), Learner()
    served = None
    for place in range(count):
        learner.learn(outcome(chance, served, noise))
        if place % 25 == 24:
            served = learner.serve()
    return learner


def test_it_learns_to_rank_and_beats_its_baselines() -> None:
    honesty = taught(2500).honesty
    auc = {name: honesty.auc(name) or 0.0 for name in (CHAMPION, RECENCY, MINUS_FREQUENCY)}
    assert auc[CHAMPION] > 0.8
    assert auc[CHAMPION] > auc[RECENCY] + 0.02 > auc[MINUS_FREQUENCY]
    assert (honesty.log_loss(CHAMPION) or 9) < (honesty.log_loss(BASE_RATE) or 0) - 0.05
    assert (honesty.brier(CHAMPION) or 9) < (honesty.brier(BASE_RATE) or 0)


def test_noise_teaches_it_nothing_and_it_says_so() -> None:
    assert taught(2500, noise=True).honesty.auc(CHAMPION) == pytest.approx(0.5, abs=0.04)


def test_engagement_is_learned_as_a_count() -> None:
    served = taught(2500).serve()
    calm, busy = [0.0] * len(NAMES), [1.5 if name == "activity_week" else 0.0 for name in NAMES]
    assert served.engagement(calm) == pytest.approx(math.exp(0.5), rel=0.3)
    assert served.engagement(busy) == pytest.approx(math.exp(0.5 + 0.9), rel=0.3)


def test_what_is_served_is_what_river_learned_and_its_reasons_sum_to_it() -> None:
    learner, chance = taught(800), random.Random(5)
    served = learner.serve()
    for _ in range(20):
        named = outcome(chance).features
        features, p = list(named.values()), served.churn(list(named.values()))
        assert p == pytest.approx(learner._churn.predict_proba_one(named)[True], abs=1e-9)
        assert served.engagement(features) == pytest.approx(learner._engagement.predict_one(named), rel=1e-9)
        assert sum(served.explain(features)) + served.log_odds.intercept == pytest.approx(math.log(p / (1 - p)))


def test_absurd_features_give_a_probability_all_the_same() -> None:
    served = taught(100).serve()
    for extreme in (1e9, -1e9):
        assert 0.0 <= served.churn([extreme] * len(NAMES)) <= 1.0
        assert math.isfinite(served.engagement([extreme] * len(NAMES)) or 0.0)


def test_it_is_warm_only_after_enough_of_both_classes() -> None:
    chance, learner = random.Random(2), Learner()
    for _ in range(5 * WARM_AFTER):
        learner.learn(outcome(chance).model_copy(update={"churned": True}))
    assert not learner.serve().warm
    for _ in range(WARM_AFTER):
        learner.learn(outcome(chance).model_copy(update={"churned": False}))
    assert learner.serve().warm


def test_the_same_outcomes_give_the_same_learner_also_through_a_pickle() -> None:
    chance, whole, parts = random.Random(3), Learner(), Learner()
    for place in range(300):
        one = outcome(chance)
        whole.learn(one)
        parts.learn(one)
        if place % 100 == 99:
            parts = pickle.loads(pickle.dumps(parts))
    features = list(outcome(chance).features.values())
    assert whole.serve().churn(features) == parts.serve().churn(features)
    assert whole.honesty.auc(CHAMPION) == parts.honesty.auc(CHAMPION)


def test_a_served_version_is_frozen() -> None:
    learner, chance = taught(300), random.Random(4)
    served, features = learner.serve(), list(outcome(chance).features.values())
    before = served.churn(features)
    for _ in range(200):
        learner.learn(outcome(chance))
    assert served.churn(features) == before
    assert learner.serve().version == served.version + 1


def test_the_base_rate_follows() -> None:
    chance, learner = random.Random(6), Learner()
    for churned, expected in ((False, 0.0), (True, 0.95)):
        for _ in range(3000):
            learner.learn(outcome(chance).model_copy(update={"churned": churned}))
        assert learner.base_rate == pytest.approx(expected, abs=0.06)


def test_outcomes_that_no_model_predicted_say_nothing_about_models() -> None:
    honesty, chance = Honesty(), random.Random(7)
    for _ in range(100):
        honesty.update(outcome(chance))
    assert honesty.scored == 0
    assert honesty.auc(CHAMPION) is None
    assert honesty.log_loss(CHAMPION) is None
