"""Satisfaction: each survey's answers whatever comes late, NPS and shares as pandas finds them in the same log."""

from random import Random

import msgspec
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.advance import advance
from processors.attitude import HOLDS, attitude_gap, latest
from processors.fold import fold
from processors.merging import merged
from processors.population import Population
from schemas.alert import AlertKind
from schemas.details import Details
from schemas.facts import Facts
from schemas.judgements import Scores
from schemas.kinds import Kind
from schemas.population import Satisfaction
from schemas.profile import Profile
from schemas.touch import Touch
from tests.unit.making import POLICY, FixedModels, day, touch

NOW = day(200)
NPS = [answer / 10 for answer in range(11)]


def answer(at: float, survey: str, rating: float | None, customer: str = "ada") -> Touch:
    return touch(at, Kind.FEEDBACK, customer, rating=rating, details=Details(survey=survey))


def asked(at: float, survey: str, customer: str = "ada") -> Touch:
    return touch(at, Kind.CAMPAIGN, customer, details=Details(survey=survey))


logs = st.lists(
    st.one_of(
        st.builds(
            answer, st.integers(0, 199), st.sampled_from(["nps", "csat"]), st.sampled_from([*NPS, None]),
            st.sampled_from("abcdef"),
        ),
        st.builds(asked, st.integers(0, 199), st.sampled_from(["nps", "csat"]), st.sampled_from("abcdef")),
    ),
    min_size=1,
    max_size=60,
)  # fmt: skip


def told(log: list[Touch]) -> Satisfaction:
    population = Population(POLICY)
    for name in sorted({each.customer for each in log}):
        population.add(Profile(name, fold(Facts(), [each for each in log if each.customer == name])), NOW)
    section = population.told(NOW)["satisfaction"]
    assert isinstance(section, Satisfaction)
    return section


@settings(max_examples=80, deadline=None)
@given(logs)
def test_the_section_is_what_pandas_makes_of_the_log(log: list[Touch]) -> None:
    section = told(log)
    rows = [(one.customer, one.at, one.kind, one.details.survey, one.rating) for one in log if one.details]
    frame = pd.DataFrame(rows, columns=["customer", "at", "kind", "survey", "rating"])
    for name, shown in section.surveys.items():
        own = frame[frame.survey == name]
        assert shown.asked == (own.kind == Kind.CAMPAIGN).sum()
        answers = own.dropna(subset="rating").sort_values(["at", "rating"])
        assert shown.answered == len(answers)
        recent = answers.groupby("customer").tail(1).query("at >= @day(110)", local_dict={"day": day})
        assert shown.customers == len(recent)
        if len(recent):
            low, high = (0, 10) if name == "nps" else (1, 5)
            assert shown.mean == pytest.approx(low + recent.rating.mean() * (high - low), abs=1e-4)
            assert shown.satisfied == pytest.approx((recent.rating >= 0.75).mean(), abs=1e-4)
        if name == "nps" and len(recent):
            signs = np.where(recent.rating >= 0.9, 1, np.where(recent.rating < 0.7, -1, 0))
            within = 1.959964 * np.std(signs) / np.sqrt(len(signs))
            assert section.nps is not None
            assert section.nps.score == pytest.approx(100 * signs.mean(), abs=0.01)
            assert section.nps.low == pytest.approx(max(-100, 100 * (signs.mean() - within)), abs=0.01)
            assert section.nps.promoters - section.nps.detractors == signs.sum()


@settings(max_examples=80, deadline=None)
@given(logs, st.randoms(use_true_random=False), st.integers(0, 60))
def test_late_answers_and_merges_change_nothing(log: list[Touch], chance: Random, cut: int) -> None:
    log = [msgspec.structs.replace(each, customer="ada") for each in log]
    whole, shuffled = fold(Facts(), log).surveys, list(log)
    chance.shuffle(shuffled)
    assert fold(Facts(), shuffled).surveys == whole
    assert merged(fold(Facts(), shuffled[:cut]), fold(Facts(), shuffled[cut:])).surveys == whole


@pytest.mark.parametrize(
    ("rating", "churn", "says"),
    [
        (1.0, 0.9, "is delighted but fading: rated 100% of the best, and stays away with 90%"),
        (0.2, 0.1, "is active but unhappy: rated 20% of the best"),
        (1.0, 0.1, None),
        (0.2, 0.9, None),
        (0.7, 0.9, None),
    ],
)
def test_who_says_one_thing_and_does_another_is_told(rating: float, churn: float, says: str | None) -> None:
    models = FixedModels(churn=churn, engagement=3.0)
    step = advance(Profile("ada"), [answer(0, "nps", rating)], day(0), models, POLICY)
    gaps = [each for each in step.alerts if each.kind is AlertKind.ATTITUDE_GAP]
    assert [each.summary for each in gaps] == ([f"ada {says}"] if says else [])
    # It closes when they agree again, and does not open twice meanwhile.
    later = advance(step.profile, [touch(1)], day(1), models, POLICY)
    assert not [each for each in later.alerts if each.kind is AlertKind.ATTITUDE_GAP]
    agreed = FixedModels(churn=0.1 if rating == 1.0 else 0.9, engagement=3.0)
    closed = advance(later.profile, [touch(2)], day(2), agreed, POLICY)
    assert len([each for each in closed.alerts if each.kind is AlertKind.ATTITUDE_GAP]) == bool(says)


def test_models_that_warm_up_say_nothing_of_attitudes() -> None:
    step = advance(Profile("ada"), [answer(0, "nps", 1.0)], day(0), FixedModels(churn=0.9, warm=False), POLICY)
    assert not step.alerts


def test_an_old_answer_says_nothing_of_today() -> None:
    facts = fold(Facts(), [answer(0, "csat", 0.1), answer(0, "nps", 1.0), touch(1)])
    said = latest(facts)
    assert said is not None
    assert said.rating == 1.0
    scores = Scores(at=day(90), churn=0.9, engagement=1.0, usual=1.0)
    soon, late = (attitude_gap(facts, scores, day(0) + HOLDS + more, POLICY) for more in (0, 1))
    assert soon is not None
    assert late is not None
    assert (soon.level, late.level) == (1.0, None)
    assert attitude_gap(Facts(), scores, day(0), POLICY) is None
