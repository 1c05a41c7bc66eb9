"""The stages of a customer's life are those of a calculation that looks at every moment, and begin when they began."""

from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.advance import advance
from processors.lifecycle import ends_at
from schemas.consent import Purpose
from schemas.facts import Facts
from schemas.judgements import Place
from schemas.kinds import MEANINGFUL, Kind
from schemas.profile import Profile
from schemas.touch import Touch
from tests.unit.making import POLICY, FixedModels, day, touch

SPANS = POLICY.seconds
# Steps whose multiples are no horizon and no activity span, so that nothing begins just when something else does.
STEP = 0.0137
END = 160.0
logs = st.lists(
    st.tuples(
        st.integers(1, 7000).map(lambda number: number * STEP),
        st.sampled_from([Kind.ENGAGE, Kind.ENGAGE, Kind.PURCHASE, Kind.CAMPAIGN, Kind.LEAVE, None]),
    ),
    max_size=25,
    unique_by=lambda each: each[0],
).map(lambda log: [touch(at, kind, message_id=f"{at}") for at, kind in sorted(log, key=lambda each: each[0])])


def stage_at(log: Sequence[Touch], now: float) -> str | None:
    """By definition, from everything that had happened by then."""
    past = [each for each in log if each.at <= now]
    came = [each.at for each in past if each.kind in MEANINGFUL]
    if not came:
        return "left" if any(each.kind is Kind.LEAVE for each in past) else None
    leaves = [each.at for each in past if each.kind is Kind.LEAVE]
    if any(at > came[-1] for at in leaves):
        return "left"
    if now >= came[-1] + SPANS.activity:
        return "lost"
    # Not new then: back from a silence, or from a leave after which nothing meaningful had come.
    backs = [
        at
        for place, at in enumerate(came)
        if (place and at >= came[place - 1] + SPANS.activity)
        or any((came[place - 1] if place else 0.0) < leave < at for leave in leaves if place or leave < at)
    ]
    backs = [at for at in backs if at != came[0]]
    if backs and now < backs[-1] + SPANS.horizon:
        return "returning"
    if now < past[0].at + SPANS.horizon:
        return "new"
    return "dormant" if now >= came[-1] + SPANS.horizon else "active"


def brute_force(log: Sequence[Touch], until: float) -> Place | None:
    """The last stage by `until`, looking at every moment at which one could begin."""
    moments = {at for each in log for at in (each.at, each.at + SPANS.horizon, each.at + SPANS.activity)}
    place, before = None, "newcomers"
    for at in sorted(each for each in moments if each <= until):
        stage = stage_at(log, at)
        if stage is not None and (place is None or stage != place.name):
            place = Place(stage, round(at, 3), before)
            before = stage
    return place


def lived(log: Sequence[Touch], looks: Iterator[float]) -> Profile:
    """Advanced at these times, and before the next touch whenever a timer says so."""
    profile, taken = Profile("ada"), 0
    for look in looks:
        until = min(look, log[taken].at if taken < len(log) else look)
        while 0.0 < profile.judgements.timer < until:
            profile = advance(profile, (), profile.judgements.timer, FixedModels(0.2), POLICY).profile
        upto = sum(each.at <= look for each in log)
        profile = advance(profile, log[taken:upto], look, FixedModels(0.2), POLICY).profile
        taken = upto
    return profile


def place_of(profile: Profile) -> Place | None:
    held = profile.judgements.segments
    return held.lifecycle if held is not None else None


@settings(max_examples=300, deadline=None)
@given(logs, st.lists(st.floats(0, END), max_size=12), st.floats(100, END))
def test_however_the_log_is_cut_it_is_what_brute_force_says(log: list[Touch], cuts: list[float], until: float) -> None:
    # No touch is later than the slice that it comes in, so a customer may be looked at long after.
    looks = [day(each) for each in (*sorted(each for each in cuts if each < until), until)]
    assert place_of(lived(log, iter(looks))) == brute_force(log, day(until))


@settings(max_examples=150, deadline=None)
@given(logs, st.floats(0, END))
def test_a_timer_comes_at_the_moment_at_which_a_stage_ends(log: list[Touch], until: float) -> None:
    profile = lived(log, (each.at for each in log if each.at <= day(until)))
    while 0.0 < profile.judgements.timer <= day(until):
        at = profile.judgements.timer
        profile = advance(profile, (), at, FixedModels(0.2), POLICY).profile
    assert place_of(profile) == brute_force(log, day(until))


def test_a_stage_ends_when_it_says() -> None:
    facts = Facts(first_seen=day(0), last_meaningful=day(4))
    ends = {
        name: ends_at(Place(name, day(0)), facts, day(2), SPANS)
        for name in ("new", "active", "returning", "dormant", "lost", "left")
    }
    assert ends == {
        "new": day(10), "active": day(14), "returning": day(12), "dormant": day(34), "lost": float("inf"),
        "left": float("inf"),
    }  # fmt: skip


def test_what_comes_late_ends_a_silence_when_it_comes() -> None:
    profile = lived([touch(0), touch(12)], iter((day(0), day(12), day(25))))
    assert place_of(profile) == Place("dormant", day(22), "active")
    profile = advance(profile, [touch(20)], day(25), FixedModels(0.2), POLICY).profile
    assert place_of(profile) == Place("active", day(22), "dormant")
    profile = advance(profile, (), day(30.5), FixedModels(0.2), POLICY).profile
    assert place_of(profile) == Place("dormant", day(30), "active")


def test_who_was_known_before_stages_were_looked_at_came_from_nowhere() -> None:
    profile = lived([touch(0), touch(12)], iter((day(12),)))
    profile.judgements.segments = None
    profile = advance(profile, [touch(13)], day(13), FixedModels(0.2), POLICY).profile
    assert place_of(profile) == Place("active", day(13), "")


@pytest.mark.parametrize("part", ["segments", "lifecycle"])
def test_stages_can_be_turned_off(part: str) -> None:
    off = POLICY.model_copy(update={"without": frozenset({part})})
    profile = advance(Profile("ada"), [touch(0)], day(1), FixedModels(0.2), off).profile
    assert place_of(profile) is None
    assert place_of(lived([touch(0)], iter((day(1),)))) == Place("new", day(0), "newcomers")


def test_who_does_not_want_to_be_profiled_stands_nowhere() -> None:
    profile = lived([touch(0)], iter((day(1),)))
    profile = advance(profile, [touch(2, consent=(Purpose.PROFILING,))], day(2), FixedModels(0.2), POLICY).profile
    assert profile.judgements.segments is None
