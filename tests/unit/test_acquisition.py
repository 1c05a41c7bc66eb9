"""Acquisition: the visits before a first purchase are the same in whatever order they come, and under whichever key."""

from collections.abc import Sequence
from random import Random

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.facets.acquisition import MAX_VISITS, WEEKS, path
from processors.facets.activity import week_of
from processors.fold import fold
from processors.merging import merged
from processors.population import Population
from schemas.details import Details
from schemas.facts import Facts, Origin
from schemas.kinds import Kind
from schemas.touch import Touch
from tests.unit.making import POLICY, day, touch
from tests.unit.visiting import SOURCES, bought, came, spent

MINUTE = 1 / 24 / 60
GOOGLE, BARE, NEWS, _ = SOURCES


def origin(touches: Sequence[Touch]) -> Origin:
    found = fold(Facts(), touches, POLICY).origin
    assert found is not None
    return found


def steps(touches: Sequence[Touch]) -> list[str]:
    return [visit.source.channel for visit in path(origin(touches))]


def test_a_visit_is_a_source_and_the_half_hours_that_follow_one_another() -> None:
    log = [came(1, GOOGLE), came(1 + 20 * MINUTE, NEWS), came(1 + 29 * MINUTE, GOOGLE), came(1 + 50 * MINUTE, GOOGLE)]
    assert steps(log) == ["paid search", "email"]
    assert steps([*log, came(1 + 91 * MINUTE, GOOGLE)]) == ["paid search", "email", "paid search"]


def test_who_first_comes_by_nothing_known_came_directly() -> None:
    assert steps([came(1), came(2, GOOGLE)]) == ["direct", "paid search"]
    assert steps([came(1), came(1 + 20 * MINUTE, GOOGLE)]) == ["paid search"], "the same visit, which said so later"
    assert steps([came(2), came(1, GOOGLE)]) == ["paid search"]
    assert steps([bought(1), came(2)]) == [], "they had bought before"
    assert steps([came(1, kind=Kind.PURCHASE, amount=5.0)]) == ["direct"]


def test_the_path_ends_with_the_first_purchase_and_begins_with_no_mail_that_was_only_opened() -> None:
    opened = msgspec.structs.replace(came(1, NEWS, Kind.ENGAGE), name="Email Opened")
    log = [opened, came(2, GOOGLE), came(2, NEWS, Kind.CAMPAIGN), bought(3), came(4, NEWS), bought(9)]
    assert steps(log) == ["paid search"]
    assert steps([came(3, NEWS, Kind.PURCHASE, amount=1.0), came(2, GOOGLE)]) == ["paid search", "email"]


def test_the_first_and_the_last_visits_are_kept() -> None:
    log = [came(at, SOURCES[at % 2]) for at in range(20)]
    assert [visit.at for visit in origin(log).visits] == [day(at) for at in (0, 1, 2, 3, 16, 17, 18, 19)]
    assert len(msgspec.msgpack.encode(origin(log))) < 400


def test_four_visits_before_a_purchase_are_known_whatever_came_before_it_was_reported() -> None:
    log = [came(at, SOURCES[at % 4]) for at in range(40)]
    assert origin([*log, bought(3.5)]) == origin([bought(3.5), *log])


def test_what_is_paid_is_kept_by_week_for_half_a_year() -> None:
    late = [bought(at) for at in range(0, 400, 3)]
    found = origin(late).paid
    assert list(found["EUR"]) == list(range(week_of(day(0)), week_of(day(0)) + WEEKS))
    assert found == origin(late[::-1]).paid
    codes = [touch(1, Kind.PURCHASE, amount=1.0, currency=f"A{chr(65 + n)}A") for n in range(26)]
    assert list(origin(codes).paid) == ["AAA", "ABA", "ACA", "ADA"]


visited = st.lists(
    st.builds(
        lambda at, source, kind, web: touch(
            at / 48, kind, channel="web" if web else "server", details=Details(source=source) if source else None
        ),
        st.floats(0, 40).map(lambda at: round(at, 2)),
        st.sampled_from([None, *SOURCES]),
        st.sampled_from([Kind.DISCOVER, Kind.ENGAGE, Kind.CAMPAIGN, None]),
        st.booleans(),
    ),
    max_size=40,
)
paid = st.lists(st.builds(bought, st.floats(0, 1).map(lambda at: round(at, 4)), st.integers(0, 9_999)), max_size=3)


@settings(max_examples=80, deadline=None)
@given(visited, paid, st.randoms(use_true_random=False), st.integers(0, 40))
def test_it_does_not_matter_in_which_order_they_came_nor_under_which_key(
    visits: list[Touch], orders: list[Touch], chance: Random, cut: int
) -> None:
    whole = fold(Facts(), [*orders, *visits], POLICY).origin
    chance.shuffle(visits)
    assert fold(Facts(), [*orders, *visits], POLICY).origin == whole
    one, two = fold(Facts(), [*orders, *visits[:cut]]), fold(Facts(), [*orders[:1], *visits[cut:]])
    if one.touchpoints and two.touchpoints and whole is not None:
        both = merged(one, two).origin
        assert both is not None
        assert (both.visits, both.direct_at, both.bought_at) == (whole.visits, whole.direct_at, whole.bought_at)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.one_of(visited, paid), max_size=4), st.lists(st.integers(0, 80), max_size=5))
def test_it_is_the_same_bytes_however_the_log_is_cut(logs: list[list[Touch]], cuts: list[int]) -> None:
    log = [each for one in logs for each in one]
    whole, parts, start = fold(Facts(), log), Facts(), 0
    for cut in sorted({*cuts, len(log)}):
        parts = msgspec.msgpack.decode(msgspec.msgpack.encode(fold(parts, log[start:cut])), type=Facts)
        start = max(start, cut)
    assert msgspec.msgpack.encode(parts.origin) == msgspec.msgpack.encode(whole.origin)


@settings(max_examples=80, deadline=None)
@given(visited.map(lambda visits: visits[:MAX_VISITS]), paid, st.randoms(use_true_random=False))
def test_a_purchase_may_be_late_too(visits: list[Touch], orders: list[Touch], chance: Random) -> None:
    log = [*visits, *orders]
    whole = msgspec.msgpack.encode(fold(Facts(), log).origin)
    chance.shuffle(log)
    assert msgspec.msgpack.encode(fold(Facts(), log).origin) == whole


def test_a_facet_that_is_off_keeps_nothing() -> None:
    off = POLICY.model_copy(update={"without": frozenset({"acquisition"})})
    facts = fold(Facts(), [came(1, GOOGLE), bought(2), spent(1, 5.0, BARE)], off)
    assert (facts.origin, facts.spending) == (None, None)
    assert "acquisition" not in Population(off).told(day(9))
