"""Segments of all customers: sizes, worth, risk and moves are what a plain count makes of the profiles."""

import random
from collections import Counter
from datetime import datetime
from typing import get_args

import pandas as pd
import pytest

from processors.advance import advance
from processors.fold import fold
from processors.population import Population
from processors.segments.places import places
from schemas.facts import Facts
from schemas.judgements import Judgements, Memberships, Place, Scores
from schemas.kinds import Kind
from schemas.policy import Policy
from schemas.profile import Profile
from schemas.segments import RfmName, Segments, Stage
from tests.unit.making import POLICY, FixedModels, day, touch

NOW = day(100)
STAGES, NAMES = get_args(Stage), get_args(RfmName)


def customer(name: str, segments: Memberships | None, scores: Scores | None = None, paid: float = 0.0) -> Profile:
    touches = [touch(90, Kind.PURCHASE, amount=paid, currency="EUR")] if paid else [touch(90)]
    return Profile(name, fold(Facts(), touches), Judgements(scores=scores, segments=segments))


def told(profiles: list[Profile], policy: Policy = POLICY) -> Segments:
    population = Population(policy)
    for each in profiles:
        population.add(each, NOW)
    section = population.told(NOW)["segments"]
    assert isinstance(section, Segments)
    return section


def everybody(count: int, seed: int) -> list[Profile]:
    chance, found = random.Random(seed), []
    for number in range(count):
        stage, before = chance.choice(STAGES), chance.choice((*STAGES, "", "newcomers"))
        lifecycle = Place(stage, day(chance.uniform(50, 100)), before)
        rfm = Place(chance.choice(NAMES), day(chance.uniform(50, 100)), "") if chance.random() < 0.7 else None
        scores = None
        if chance.random() < 0.8:
            value = chance.choice((None, round(chance.uniform(0, 90), 2)))
            scores = Scores(NOW, round(chance.random(), 4), 1.0, 1.0, value=value, warming_up=chance.random() < 0.1)
        found.append(customer(f"c{number}", Memberships(lifecycle, rfm), scores, paid=chance.choice((0.0, 9.99))))
    return found


def test_it_is_what_pandas_makes_of_the_profiles() -> None:
    profiles = everybody(600, seed=1)
    rows = [
        (
            by, place.name, place.before, place.since, each.judgements.scores,
            sum(money.revenue for money in each.facts.money.values()),
        )
        for each in profiles
        for by, place in places(each.judgements.segments)
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=["by", "name", "before", "since", "scores", "revenue"])
    section = told(profiles)
    assert (section.customers, section.at) == (600, datetime.fromisoformat("2026-04-15T00:00:00Z"))
    assert [each.name for each in section.segments] == [*STAGES, *NAMES]
    recent = frame[(frame.since > day(70)) & (frame.before != "")]
    for each in section.segments:
        own = frame[(frame.by == each.by) & (frame.name == each.name)]
        assert each.customers == len(own)
        assert each.revenue.get("EUR", 0.0) == pytest.approx(own.revenue.sum())
        warm = [scores.churn for scores in own.scores if scores is not None and not scores.warming_up]
        assert each.risk == pytest.approx(sum(warm) / len(warm), abs=1e-4)
        mine = recent[recent.by == each.by]
        assert (each.entered, each.departed) == ((mine.name == each.name).sum(), (mine.before == each.name).sum())
    moves = Counter(zip(recent.by, recent.before, recent.name, strict=True))
    assert {(each.by, each.source, each.target): each.customers for each in section.moves} == moves
    assert [each.customers for each in section.moves] == sorted(moves.values(), reverse=True)
    assert told(profiles[::-1]) == section


def test_what_is_expected_is_the_models_word_or_what_is_usual() -> None:
    place, knows = Memberships(Place("active", day(50))), Scores(NOW, 0.5, 1.0, 1.0, value=40.0)
    guessed = Scores(NOW, 0.5, 1.0, 1.0)
    active = next(
        each
        for each in told([customer("a", place, knows, 10.0), customer("b", place, guessed, 10.0)]).segments
        if each.name == "active"
    )
    # In thirty days at the least, ten in all, and the horizon is ten days.
    assert active.expected["EUR"] == pytest.approx(40.0 + 10.0 / 3, rel=0.15)
    assert active.risk == 0.5


def test_who_stands_nowhere_is_not_counted() -> None:
    assert told([customer("a", None)]).customers == 0
    off = POLICY.model_copy(update={"without": frozenset({"segments"})})
    assert "segments" not in Population(off).told(NOW)
    assert [each.name for each in told([], POLICY.model_copy(update={"without": frozenset({"rfm"})})).segments] == [
        *STAGES
    ]


def test_nothing_new_makes_no_new_memberships() -> None:
    profile = advance(Profile("ada"), [touch(0)], day(0), FixedModels(0.2), POLICY).profile
    held = profile.judgements.segments
    again = advance(profile, [touch(0.1)], day(0.1), FixedModels(0.2), POLICY).profile
    assert again.judgements.segments is held


def test_who_stood_somewhere_does_not_once_segments_are_turned_off() -> None:
    off = POLICY.model_copy(update={"without": frozenset({"segments"})})
    profile = advance(Profile("ada"), [touch(0)], day(0.1), FixedModels(), POLICY).profile
    assert profile.judgements.segments is not None
    assert advance(profile, [touch(0.2)], day(0.2), FixedModels(), off).profile.judgements.segments is None
