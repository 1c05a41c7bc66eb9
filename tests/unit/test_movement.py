"""Movement: what has moved a customer's risk since then, in parts that sum to the whole."""

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.advance import Step, advance
from processors.features import NAMES
from processors.fold import fold
from processors.learning.serving import ServedModels
from processors.models import MEMBERS, Explanation
from processors.movement import FAR, MAX_CHANGES, MAX_TOUCHPOINTS, moved, told
from schemas.alert import AlertKind, Changes
from schemas.consent import Purpose
from schemas.facts import Facts
from schemas.judgements import Prediction, Scores
from schemas.kinds import Kind
from schemas.profile import Profile
from schemas.touch import Touch
from tests.unit.learning.world import taught
from tests.unit.making import POLICY, FixedModels, day, touch

WATCHING = POLICY.model_copy(update={"churn_opens": 0.6, "churn_closes": 0.5})


class Counting(FixedModels):
    """Models that count how often they are asked to explain."""

    asked = 0

    def explain(self, features: Sequence[float], at: float) -> Explanation:
        self.asked += 1
        return super().explain(features, at)


@cache
def world() -> ServedModels:
    """Of a world in which silence and friction drive churn, and nothing else does."""
    return taught(700).serve()


FACTS = Facts()


def live(profile: Profile, touches: Sequence[Touch], models: object, until: float) -> list[Step]:
    """The steps of a life up to a day: a touch each, and a look at the clock whenever a timer has come."""
    steps, waiting = [Step(profile)], list(touches)
    while True:
        last = steps[-1].profile
        timer = last.judgements.timer or math.inf
        if waiting and waiting[0].at <= timer:
            now, new = waiting[0].at, [waiting.pop(0)]
        elif timer <= day(until):
            now, new = timer, []
        else:
            return steps
        steps.append(advance(last, new, now, models, WATCHING))  # type: ignore[arg-type]


def turned(steps: Sequence[Step], state: str) -> Changes:
    """What the first churn alert says that has opened, or closed."""
    alerts = [alert for step in steps for alert in step.alerts if alert.kind is AlertKind.CHURN_RISK]
    changes = next(alert.changes for alert in alerts if alert.state == state)
    assert changes is not None
    return changes


def log_odds(p: float) -> float:
    return math.log(p / (1.0 - p))


def noted(features: Sequence[int], at: float = 0.0, churn: int = 5_000) -> Prediction:
    return Prediction(day(at), list(features), churn, [], 0, 0, 0, 0, None, 1)


features = st.lists(st.integers(-2_000, 2_000), min_size=len(NAMES), max_size=len(NAMES))


@given(then=features, now=features, champion=st.sampled_from(MEMBERS))
@settings(max_examples=60, deadline=None)
def test_what_has_changed_sums_to_the_change_of_the_score(then: list[int], now: list[int], champion: str) -> None:
    served = replace(world(), champion=champion)
    risks = [
        served.score([each / 1_000 for each in given], at, "").churn for given, at in ((then, day(0)), (now, day(9)))
    ]
    scores = Scores(day(9), round(risks[1], 4), 1.0, usual=1.0)
    movement = moved(None, [noted(then)], FACTS, scores, [each / 1_000 for each in now], True, served)
    assert movement is not None
    changes = told(movement)
    assert changes.before == pytest.approx(risks[0], abs=1e-4)
    assert changes.after == pytest.approx(risks[1], abs=1e-4)
    whole = log_odds(risks[1]) - log_odds(risks[0])
    assert sum(part.weight for part in changes.parts) + changes.others == pytest.approx(whole, abs=2e-3)
    assert len(changes.parts) <= MAX_CHANGES
    sizes = [abs(part.weight) for part in changes.parts]
    assert sizes == sorted(sizes, reverse=True)


def test_friction_that_raises_the_risk_is_the_reason_and_its_touchpoints_are_named() -> None:
    calm = [touch(n) for n in range(12)]
    trouble = [touch(12 + n / 4, Kind.FRICTION) for n in range(4)]
    steps = live(Profile("ada"), [*calm, *trouble], world(), 13)
    changes = turned(steps, "opened")
    first, *others = changes.parts
    assert first.feature == "friction"
    assert first.weight > 2 * max((abs(part.weight) for part in others), default=0.0)
    assert (first.before, next(iter(changes.touchpoints))) == (0.0, "friction happened")
    assert "because about" in changes.summary
    assert "(before: hardly any troubles such as failed payments lately)" in changes.summary
    assert "in between: friction happened, 2 × engage happened." in changes.summary
    assert changes.after > changes.before + FAR
    # While the alert is open, the moment to compare with is that from before the risk was there.
    after = steps[-1].profile
    assert after.judgements.movement is not None
    assert told(after.judgements.movement).since == changes.since


def test_silence_is_told_though_nothing_happens_and_a_return_ends_it() -> None:
    steps = live(Profile("ada"), [touch(n) for n in range(8)], world(), 20)
    changes = turned(steps, "opened")
    assert changes.parts[0].feature == "recency"
    assert "silent for" in changes.parts[0].words
    assert changes.touchpoints.keys() <= {"engage happened"}
    last = steps[-1].profile
    silent = last.judgements.movement
    assert silent is not None
    assert silent.after > silent.before
    back = turned(live(last, [touch(20.5)], world(), 20.5), "closed")
    assert back.parts[0].feature == "recency"
    assert back.after < back.before
    assert back.touchpoints == {"engage happened": 1}


def test_it_is_told_at_predictions_and_alerts_and_when_the_risk_has_moved_far_and_not_at_every_touch() -> None:
    waiting, scores = [noted([0] * len(NAMES), churn=5_000)], Scores(day(2), 0.55, 1.0, usual=1.0)
    models, features = Counting(churn=0.55), [0.0] * len(NAMES)
    assert moved(None, waiting, FACTS, scores, features, False, models) is None
    assert models.asked == 0
    far = msgspec.structs.replace(scores, churn=0.501 + FAR)
    movement = moved(None, waiting, FACTS, far, features, False, models)
    assert movement is not None
    assert models.asked == 2
    # From there on it counts how far the risk is from what was told.
    assert moved(movement, waiting, FACTS, far, features, False, models) is movement
    assert models.asked == 2
    assert moved(movement, waiting, FACTS, far, features, True, models) == movement
    assert models.asked == 4


def test_where_there_is_nothing_to_compare_with_nothing_is_told() -> None:
    scores, features = Scores(day(2), 0.9, 1.0, usual=1.0), [0.0] * len(NAMES)
    assert moved(None, [], FACTS, scores, features, True, FixedModels()) is None
    # Made at this very moment, or by a release that saw other features.
    waiting = [noted([0, 0, 0]), noted([0] * len(NAMES), at=2)]
    assert moved(None, waiting, FACTS, scores, features, True, FixedModels()) is None
    warming = msgspec.structs.replace(scores, warming_up=True)
    assert moved(None, [noted([0] * len(NAMES))], FACTS, warming, features, True, FixedModels()) is None


def test_who_does_not_want_to_be_scored_has_no_movement() -> None:
    last = live(Profile("ada"), [touch(n) for n in range(8)], world(), 20)[-1].profile
    assert last.judgements.movement is not None
    gone = live(last, [touch(29, Kind.LEAVE)], world(), 29)[-1].profile
    # Whoever has left had reasons that are still of interest.
    assert gone.judgements.movement is not None
    refused = live(last, [touch(21, None, consent=(Purpose.PROFILING,))], world(), 21)[-1].profile
    assert refused.judgements.movement is None


def test_touchpoints_in_between_are_named_what_feeds_the_changes_first() -> None:
    def names(until: float, friction: int) -> dict[str, int]:
        values = [friction * (name == "friction") for name in NAMES]
        scores = Scores(day(until), 0.9, 1.0, usual=1.0)
        touches = [touch(1, Kind.FRICTION), *(touch(2 + n / 10, kind) for kind in others for n in range(2))]
        facts = fold(Facts(), sorted(touches, key=lambda each: each.at), POLICY)
        movement = moved(None, [noted([0] * len(NAMES))], facts, scores, values, True, world())
        assert movement is not None
        return told(movement).touchpoints

    others = (Kind.ENGAGE, Kind.CONSIDER, Kind.DISCOVER, Kind.SOCIAL)
    assert names(9, friction=2) == {
        # Eight touchpoints came after it, so that it is remembered by what it was alone.
        "friction happened": 1, "social happened": 2, "engage happened": 2, "discover happened": 2,
    }  # fmt: skip
    assert "friction happened" not in names(9, friction=0)
    assert len(names(9, friction=0)) == MAX_TOUCHPOINTS
    assert names(1.5, friction=2) == {"friction happened": 1}
    assert names(0.5, friction=2) == {}
