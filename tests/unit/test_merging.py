"""Merged facts are those of both keys' touchpoints folded together."""

import random

import msgspec
import pytest

from processors.advance import advance
from processors.fold import fold
from processors.merging import merged
from schemas.alert import AlertKind
from schemas.consent import Purpose
from schemas.facts import Facts
from schemas.kinds import Kind
from schemas.profile import Profile
from schemas.touch import Touch
from tests.unit.making import POLICY, FixedModels, day, touch


def of(*touches: Touch) -> Facts:
    return fold(Facts(), touches)


def some(first: int, last: int, customer: str) -> list[Touch]:
    chance = random.Random(first)
    return [
        touch(
            number / 3, Kind.PURCHASE if number % 4 == 0 else Kind.ENGAGE, customer, message_id=f"{number:012}",
            amount=chance.randrange(1, 9_999) / 100 if number % 4 == 0 else None, currency="EUR",
        )
        for number in range(first, last) if chance.random() < 0.4
    ]  # fmt: skip


@pytest.mark.parametrize("boundary", [30, 31, 90])
def test_one_key_after_the_other_gives_the_days_and_their_rhythm_too(boundary: int) -> None:
    early, late = some(0, boundary, "anon:v"), some(boundary, 150, "ada")
    found, right = merged(of(*late), of(*early)), of(*early, *late)
    assert (found.days, found.last_day) == (right.days, right.last_day)
    assert found.rhythm.count == right.rhythm.count
    assert found.rhythm.mean == pytest.approx(right.rhythm.mean, abs=1e-5)
    assert found.rhythm.squares == pytest.approx(right.rhythm.squares, abs=1e-3)
    assert found.money["EUR"].revenue == right.money["EUR"].revenue


def test_neither_side_is_changed_and_nothing_taken_over_changes_nothing() -> None:
    own, other = of(*some(0, 60, "ada")), of(*some(30, 90, "anon:v"))
    before = [msgspec.msgpack.encode(each) for each in (own, other)]
    merged(own, other)
    assert [msgspec.msgpack.encode(each) for each in (own, other)] == before
    assert merged(own, Facts()) is own
    assert merged(Facts(), other).touchpoints == other.touchpoints


def test_the_latest_answer_counts_and_the_users_own_traits() -> None:
    own = of(touch(5, Kind.FEEDBACK, rating=0.2), touch(6, None, traits={"plan": "pro"}))
    other = of(touch(4, Kind.FEEDBACK, rating=0.9), touch(7, None, traits={"plan": "free", "source": "ad"}))
    assert merged(own, other).rating == 0.2
    assert merged(own, other).traits == {"plan": "pro", "source": "ad"}


def test_a_leave_is_undone_by_what_the_other_key_did_after_it() -> None:
    left, back = of(touch(1, Kind.ENGAGE), touch(5, Kind.LEAVE)), of(touch(6, Kind.ENGAGE))
    assert merged(left, back).left_at == 0.0
    assert merged(left, of(touch(4, Kind.ENGAGE))).left_at == day(5)


def test_who_refuses_to_be_profiled_is_not_scored_and_alerts_end() -> None:
    models = FixedModels(churn=0.9)
    step = advance(Profile("ada"), [touch(1)], day(1), models, POLICY)
    step = advance(step.profile, [], step.profile.judgements.predict_at, models, POLICY)
    assert step.profile.judgements.pending
    assert step.profile.judgements.episodes[AlertKind.CHURN_RISK].opened_at

    no = touch(8, consent=(Purpose.PROFILING,))
    step = advance(step.profile, [no], day(8), models, POLICY)
    assert step.profile.judgements.scores is None
    assert not step.profile.judgements.pending
    assert not step.outcomes
    assert [(alert.state, alert.summary) for alert in step.alerts] == [
        ("closed", "ada does not want to be profiled, and this alert ends")
    ]
    assert step.profile.facts.touchpoints == 2
    late = advance(step.profile, [touch(7, consent=())], day(8), models, POLICY)
    assert late.profile.judgements.scores is None, "what was said before the refusal does not undo it"
    again = advance(step.profile, [touch(9, consent=())], day(9), models, POLICY)
    assert again.profile.judgements.scores is not None
