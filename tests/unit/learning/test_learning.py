"""The learner: it learns, and the same outcomes give the same models."""

import math
import pickle
import random
from dataclasses import replace

import pytest

from processors.features import NAMES
from processors.learning.drift import Drift
from processors.learning.honesty import BASE_RATE, CHAMPION, MINUS_FREQUENCY, RECENCY, WINDOW
from processors.learning.learner import WARM_AFTER, ForeignOutcomeError, Learner
from processors.models import MEMBERS
from streams.worker.drift import drift_alert
from tests.unit.learning.world import AT, HORIZON, MADE, World, taught, teach


@pytest.fixture(scope="module")
def experienced() -> Learner:
    """Taught once for all who only ask."""
    return taught(4000)


def test_it_learns_to_rank_and_beats_its_baselines(experienced: Learner) -> None:
    records = experienced.honesty.records
    recent = {name: records[name].recent() for name in (CHAMPION, RECENCY, MINUS_FREQUENCY, BASE_RATE)}
    auc = {name: measures.auc or 0.0 for name, measures in recent.items()}
    assert auc[CHAMPION] > 0.8
    assert auc[CHAMPION] > auc[RECENCY] + 0.02 > auc[MINUS_FREQUENCY]
    assert (recent[CHAMPION].log_loss or 9) < (recent[BASE_RATE].log_loss or 0) - 0.05
    assert (recent[CHAMPION].brier or 9) < (recent[BASE_RATE].brier or 0)
    assert (recent[CHAMPION].calibration_error or 9) < 0.06


def test_noise_teaches_it_nothing_and_it_says_so() -> None:
    assert taught(2500, noise=True).honesty.records[CHAMPION].recent().auc == pytest.approx(0.5, abs=0.04)


def test_engagement_is_learned_as_a_count_and_its_interval_holds_nine_of_ten(experienced: Learner) -> None:
    served = experienced.serve()
    calm, busy = [0.0] * len(NAMES), [1.5 if name == "activity_week" else 0.0 for name in NAMES]
    for features, expected in ((calm, math.exp(0.5)), (busy, math.exp(0.5 + 0.9))):
        found = served.score(features, AT, "").engagement
        assert found is not None
        assert found.mean == pytest.approx(expected, rel=0.3)
        assert found.low < expected < found.high
    assert experienced.honesty.coverage() == pytest.approx(0.9, abs=0.03)


def test_value_is_learned_in_its_currency(experienced: Learner) -> None:
    served = experienced.serve()
    poor, rich = ([x if name == "orders" else 0.0 for name in NAMES] for x in (-1.0, 1.0))
    for features, expected in ((poor, math.exp(2.5)), (rich, math.exp(3.5))):
        assert served.score(features, AT, "EUR").value == pytest.approx(expected, rel=0.35)
    assert served.score(rich, AT, "JPY").value is None


@pytest.mark.parametrize("champion", MEMBERS)
def test_reasons_sum_to_the_score_whoever_is_champion(experienced: Learner, champion: str) -> None:
    served, world = replace(experienced.serve(), champion=champion), World(5)
    for _ in range(20):
        features = world.features()
        average, parts = served.explain(features, AT)
        p = served.score(features, AT, "").churn
        assert average + sum(part.weight for part in parts) == pytest.approx(math.log(p / (1 - p)), abs=1e-9)
        expected = served.score(features, AT, "").engagement
        average, parts = served.explain_engagement(features, AT)
        assert expected is not None
        assert math.exp(average + sum(part.weight for part in parts)) == pytest.approx(expected.mean, rel=1e-9)


def test_absurd_features_give_a_probability_all_the_same() -> None:
    served = taught(100).serve()
    for extreme in (700.0, -700.0):
        said = served.score([extreme] * len(NAMES), AT, "EUR")
        assert 0.0 <= said.churn <= 1.0
        assert said.engagement is not None
        assert math.isfinite(said.engagement.high)
        assert all(0.0 <= p <= 1.0 for p in served.members([extreme] * len(NAMES), AT))


def test_it_is_warm_only_after_enough_of_both_classes() -> None:
    world, learner = World(2), Learner()
    for _ in range(5 * WARM_AFTER):
        learner.learn(world.outcome().model_copy(update={"churned": True}))
    assert not learner.serve().warm
    for _ in range(WARM_AFTER):
        learner.learn(world.outcome().model_copy(update={"churned": False}))
    assert learner.serve().warm


def test_the_same_outcomes_give_the_same_learner_also_through_a_pickle() -> None:
    world, whole, parts = World(3), Learner(), Learner()
    for place in range(2100):
        one = world.outcome()
        whole.learn(one)
        parts.learn(one)
        if place % 300 == 299:
            parts = pickle.loads(pickle.dumps(parts))
    features = world.features()
    assert whole.serve().score(features, AT, "EUR") == parts.serve().score(features, AT, "EUR")
    assert whole.serve().members(features, AT) == parts.serve().members(features, AT)
    assert whole.card() == parts.card()


def test_what_another_release_learned_is_refused_rather_than_half_understood() -> None:
    learner = taught(100)
    learner.__dict__["forgotten"] = learner.__dict__.pop("habit")
    with pytest.raises(ValueError, match="another release"):
        pickle.loads(pickle.dumps(learner))


def test_outcomes_of_another_release_are_refused_before_anything_is_learned() -> None:
    learner, one = taught(300), World(7).outcome()
    before = learner.card()
    for change in ({"features": {**one.features, "novel": 1.0}}, {"members": {"oracle": 0.5}}):
        with pytest.raises(ForeignOutcomeError, match="another release"):
            learner.learn(one.model_copy(update=change))
    assert learner.card() == before


def test_models_of_another_release_are_not_served() -> None:
    served = taught(100).serve()
    served.__dict__["inputs"] = ("recency",)
    with pytest.raises(ValueError, match="another release"):
        pickle.loads(pickle.dumps(served))


def test_a_leave_that_settles_what_falls_due_later_puts_no_clock_ahead() -> None:
    learner, world = Learner(), World(11)
    learner.learn(world.outcome())
    later = {"made_at": MADE + HORIZON, "due_at": MADE + 2 * HORIZON, "left": True}
    leave = world.outcome().model_copy(update=later)
    learner.learn(leave)
    assert learner.card().until == drift_alert(learner, 1, leave).at == MADE + HORIZON


def test_a_served_version_is_frozen() -> None:
    learner, world = taught(300), World(4)
    served, features = learner.serve(), world.features()
    before = served.score(features, AT, "EUR"), served.members(features, AT)
    for _ in range(200):
        learner.learn(world.outcome())
    assert (served.score(features, AT, "EUR"), served.members(features, AT)) == before
    assert learner.serve().version == served.version + 1


def test_the_base_rate_follows() -> None:
    world, learner = World(6), Learner()
    # A memory of a thousand outcomes has lost all but 1/e of what was before as many.
    for churned, expected in ((False, 0.0), (True, 1 - 1 / math.e)):
        for _ in range(1000):
            learner.learn(world.outcome().model_copy(update={"churned": churned}))
        assert learner.base_rate == pytest.approx(expected, abs=0.01)


def test_a_world_that_is_not_linear_makes_another_model_champion() -> None:
    """Churn at both ends of recency: a straight line cannot say that, a tree can."""
    learner, chance = Learner(), random.Random(8)
    world = World(8)
    served = None
    for place in range(4000):
        features = world.features()
        risky = abs(features[NAMES.index("recency")]) > 0.7
        one = world.outcome(served, features)
        learner.learn(one.model_copy(update={"churned": chance.random() < (0.9 if risky else 0.1)}))
        if place % 100 == 99:
            served = learner.serve()
    assert learner.pool.champion == "tree"
    assert (learner.honesty.records["tree"].recent().auc or 0) > (learner.honesty.records["bayes"].recent().auc or 1)
    assert set(learner.card().recent) >= {*MEMBERS, CHAMPION}


def test_drift_is_found_and_followed() -> None:
    """The churn rate doubles, from a third to two thirds, so that both worlds are equally hard to foretell.

    Outcomes are late, as they are live. Were they known at once, the models would be right again before it is sure.
    """
    learner = Learner()
    teach(learner, World(9, shift=-1.12), 4_000)
    level = learner.honesty.records[CHAMPION].recent().log_loss or 0.0
    assert learner.drift.count == 0
    after = World(10, shift=1.12)
    teach(learner, after, 1_000, late=300)
    assert learner.drift.count == 1
    teach(learner, after, 2_000, late=300)
    # So many are recent.
    teach(learner, after, WINDOW, late=300)
    assert (learner.honesty.records[CHAMPION].recent().log_loss or 9.0) < 1.1 * level


@pytest.mark.parametrize("seed", range(10))
def test_no_drift_is_announced_in_a_world_that_stays_the_same(seed: int) -> None:
    """50,000 outcomes; the losses are those of the true risks, as of a model that has learned all there is."""
    world, drift = World(seed), Drift()
    for _ in range(50_000):
        features = world.chance.gauss(), world.chance.gauss()
        risk = 1 / (1 + math.exp(-(1.5 * features[0] + features[1] - 0.5)))
        assert not drift.rose(risk, world.chance.random() < risk)
