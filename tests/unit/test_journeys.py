"""Journeys of all customers: steps, stages, funnels and ways out are what pandas makes of the same log."""

from collections import Counter
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from pydantic import ValidationError

from processors.fold import fold
from processors.funnels import times
from processors.lifecycle import is_gone
from processors.population import Population
from processors.stages import STAGES, stage_of, went_on
from processors.transitions import STEPS
from processors.usefulness import wilson
from schemas.facts import Facts
from schemas.funnel import Funnel
from schemas.journeys import FunnelSeen, Journeys, Share
from schemas.kinds import MEANINGFUL, Kind
from schemas.policy import Policy
from schemas.profile import Profile
from schemas.touch import Touch
from tests.unit.making import POLICY, day, touch

NOW = day(60)
FUNNELS = {
    "kinds": Funnel(steps=("discover", "consider", "purchase")),
    "shop": Funnel(steps=("Cart Viewed", "Order Completed", "service")),
    "quick": Funnel(steps=("Cart Viewed", "Order Completed"), within=timedelta(days=3)),
}
OWN = POLICY.model_copy(update={"funnels": FUNNELS})
EVENTS = (
    ("Page Viewed", Kind.DISCOVER), ("Cart Viewed", Kind.CONSIDER), ("Product Viewed", Kind.CONSIDER),
    ("Order Completed", Kind.PURCHASE), ("Opened", Kind.ENGAGE), ("Ticket Created", Kind.SERVICE),
    ("Email Sent", Kind.CAMPAIGN), ("Account Closed", Kind.LEAVE), ("Identified", None),
)  # fmt: skip
logs = st.lists(
    st.builds(
        lambda at, event, customer: replace(touch(at, event[1], customer), name=event[0]),
        st.floats(0, 59).map(lambda at: round(at, 3)) | st.integers(0, 59),
        st.sampled_from(EVENTS),
        st.sampled_from("abcdefgh"),
    ),
    max_size=100,
).map(lambda log: sorted(log, key=lambda one: one.at))


def told(log: list[Touch], policy: Policy = OWN) -> Journeys:
    population = Population(policy)
    for name in sorted({each.customer for each in log}):
        facts = fold(Facts(), [each for each in log if each.customer == name], policy)
        population.add(Profile(name, facts), NOW)
    section = population.told(NOW)["journeys"]
    assert isinstance(section, Journeys)
    return section


def frame_of(log: list[Touch]) -> pd.DataFrame:
    frame = pd.DataFrame(
        [(one.customer, one.at, int(one.at), one.name, str(one.kind)) for one in log if one.kind],
        columns=["customer", "at", "second", "name", "kind"],
    )
    before = frame.groupby("customer").shift()
    frame["before"], frame["since"] = before["kind"], frame["second"] - before["second"]
    return frame


def gone_in(log: list[Touch]) -> dict[str, str]:
    """Who is gone, and how: `left`, or `silent`."""
    found = {}
    frame = pd.DataFrame([(one.customer, one.at, one.kind) for one in log], columns=["customer", "at", "kind"])
    for customer, own in frame.groupby("customer"):
        if own.kind.isna().all():
            continue
        back = own[own.kind.isin(MEANINGFUL)]["at"].max()
        leave = own[own.kind == "leave"]["at"].max()
        if leave >= back or (np.isnan(back) and not np.isnan(leave)):
            found[customer] = "left"
        elif NOW - (own["at"].max() if np.isnan(back) else back) >= OWN.seconds.activity:
            found[customer] = "silent"
    return found


@settings(max_examples=30, deadline=None)
@given(logs)
def test_steps_and_ways_out_are_what_pandas_makes_of_the_log(log: list[Touch]) -> None:
    section, frame = told(log), frame_of(log)
    gone = gone_in(log)
    assert (section.customers, section.unplaced) == (frame.customer.nunique(), 0)
    assert section.gone == len(gone)
    assert {each.step: each.taken for each in section.steps} == frame.kind.value_counts().to_dict()
    began = frame.groupby("customer").kind.first().value_counts()
    own = frame[~frame.kind.isin(["campaign", "leave"])]
    # Only the last eight steps are remembered, and a way out is of those.
    recent = frame.groupby("customer").tail(8)
    own = own[own.index.isin(recent.index)]
    ends = Counter((gone[name], group.kind.iloc[-1]) for name, group in own.groupby("customer") if name in gone)
    for each in section.steps:
        assert each.began == began.get(each.step, 0)
        assert (each.left, each.silent) == (ends["left", each.step], ends["silent", each.step])
        assert each.leaving == pytest.approx((each.left + each.silent) / each.taken)
        following = frame[frame.before == each.step].groupby("kind").since.agg(["size", "mean"])
        assert {then.step: then.count for then in each.next} == following["size"].to_dict()
        for then in each.next:
            assert then.mean_seconds == pytest.approx(following["mean"][then.step], abs=0.051)
            assert then.share == pytest.approx(then.count / each.taken)
        assert [then.count for then in each.next] == sorted((then.count for then in each.next), reverse=True)
    ways = Counter(tuple(group.kind.tail(2)) for name, group in own.groupby("customer") if name in gone)
    assert {tuple(way.steps): way.customers for way in section.ways_out} == {
        steps: count for steps, count in ways.items() if steps in {tuple(way.steps) for way in section.ways_out}
    }
    assert [way.customers for way in section.ways_out] == sorted(ways.values(), reverse=True)[:10]


@settings(max_examples=30, deadline=None)
@given(logs)
def test_stages_are_what_pandas_makes_of_the_log(log: list[Touch]) -> None:
    section, frame = told(log), frame_of(log)
    gone = gone_in(log)
    firsts = frame.groupby(["customer", "kind"]).second.min().unstack().reindex(columns=map(str, STAGES))
    for place, each in enumerate(section.stages):
        reached = firsts.dropna(subset=[each.stage])
        later = reached[[str(stage) for stage in STAGES[place + 1 : -1]]]
        later = later.where(later.ge(reached[each.stage], axis=0)).min(axis=1)
        waits = (later - reached[each.stage]).dropna()
        stuck = set(reached.index) - set(waits.index)
        assert (each.stage, each.reached, each.went_on) == (STAGES[place], len(reached), len(waits))
        assert (each.dropped, each.waiting) == (len(stuck & gone.keys()), len(stuck - gone.keys()))
        assert each.mean_seconds == (pytest.approx(waits.mean(), abs=0.051) if len(waits) else None)


@settings(max_examples=30, deadline=None)
@given(logs)
def test_funnels_are_what_pandas_makes_of_the_log(log: list[Touch]) -> None:
    section, frame = told(log), frame_of(log)
    gone = gone_in(log)
    assert [each.name for each in section.funnels] == list(FUNNELS)
    for shown in section.funnels:
        funnel = FUNNELS[shown.name]
        assert shown.within == ("3d" if funnel.within else None)
        here, counts, firsts = None, [], pd.Series(dtype=float)
        for step in funnel.steps:
            at = frame[(frame.kind if step in STEPS else frame.name) == step].groupby("customer").second.min()
            if here is None:
                here = firsts = at
                waits = at - at
            else:
                on = at[(at >= here.reindex(at.index)) & at.index.isin(here.index)]
                if funnel.within:
                    on = on[on - firsts.reindex(on.index) <= funnel.within.total_seconds()]
                waits, here = on - here.reindex(on.index), on
            counts.append((set(here.index), waits.mean() if len(waits) else None))
        _assert_shown(shown, counts, set(gone))


def _assert_shown(shown: FunnelSeen, counts: list[tuple[set[str], float | None]], gone: set[str]) -> None:
    for place, each in enumerate(shown.steps):
        customers, wait = counts[place]
        further = counts[place + 1][0] if place + 1 < len(counts) else customers
        assert each.reached == len(customers)
        stuck = customers - further
        assert (each.dropped, each.waiting) == (len(stuck & gone), len(stuck - gone))
        if place:
            assert each.of_previous == _share(len(customers), len(counts[place - 1][0]))
            assert each.of_first == _share(len(customers), len(counts[0][0]))
            assert each.mean_seconds == (None if wait is None else pytest.approx(wait, abs=0.051))
        else:
            assert each.of_previous is each.of_first is each.mean_seconds is None


def _share(hits: int, count: int) -> Share | None:
    if not count:
        return None
    low, high = wilson(hits, count)
    return Share(share=hits / count, low=low, high=high)


def test_a_step_counts_if_it_comes_not_before_the_one_before_it_and_in_time() -> None:
    funnel = Funnel(steps=("discover", "consider", "purchase"), within=timedelta(days=2))
    discover, consider, purchase = (STEPS[kind] for kind in funnel.steps)
    assert times({discover: 100, consider: 100, purchase: 100 + 2 * 86_400}, funnel) == [100, 100, 172_900]
    assert times({discover: 100, consider: 100, purchase: 101 + 2 * 86_400}, funnel) == [100, 100]
    assert times({discover: 100, consider: 99, purchase: 200}, funnel) == [100]
    assert times({consider: 99, purchase: 200}, funnel) == []


def test_who_is_silent_or_has_left_is_gone_even_if_nothing_they_did_was_meaningful() -> None:
    mailed = fold(Facts(), [touch(0, Kind.CAMPAIGN)])
    assert (is_gone(mailed, day(29), POLICY), is_gone(mailed, day(30), POLICY)) == (False, True)
    left = fold(Facts(), [touch(0), touch(1, Kind.LEAVE)])
    assert is_gone(left, day(2), POLICY)
    assert not is_gone(fold(left, [touch(2)]), day(2), POLICY)


def test_the_furthest_stage_is_the_one_reached_until_somebody_leaves() -> None:
    assert stage_of(Facts()) is None
    facts = fold(Facts(), [touch(0, Kind.CAMPAIGN), touch(1, Kind.PURCHASE), touch(2, Kind.DISCOVER)])
    assert stage_of(facts) == Kind.PURCHASE
    assert went_on(facts.firsts, Kind.DISCOVER) is None
    assert went_on(facts.firsts, Kind.PURCHASE) is None
    left = fold(facts, [touch(3, Kind.LEAVE)])
    assert stage_of(left) == Kind.LEAVE
    assert stage_of(fold(left, [touch(4, Kind.ENGAGE)])) == Kind.ENGAGE


def test_without_the_facet_there_is_nothing_to_count() -> None:
    off = OWN.model_copy(update={"without": frozenset({"journey"})})
    assert "journeys" not in Population(off).told(NOW)
    assert not fold(Facts(), [touch(0)], off).firsts


def test_the_policy_is_told_what_a_funnel_may_be() -> None:
    assert Policy().funnels["stages"].steps == ("discover", "consider", "purchase")
    policy = Policy.model_validate({"funnels": {"a": ["x", "y"], "b": {"steps": ["x", "service"], "within": "7d"}}})
    assert policy.funnels["b"] == Funnel(steps=("x", "service"), within=timedelta(days=7))
    assert policy.followed == {"x", "y"}
    assert policy.model_copy(update={"funnels": {}}).followed == frozenset()
    for wrong, words in (
        ({"a": ["x"]}, "at least 2"),
        ({"a": [f"step {number}" for number in range(9)]}, "at most 8"),
        ({"a": ["x", "y", "X"]}, "'X' stands in it twice"),
        ({"a": ["x", " "]}, "at least 1 character"),
        ({"A shop": ["x", "y"]}, "match pattern"),
        ({"a": {"steps": ["x", "y"], "within": "0s"}}, "longer than nothing"),
        ({"a": {"steps": ["x", "y"], "inside": "1d"}}, "Extra inputs"),
        ({f"f{number}": ["x", "y"] for number in range(9)}, "at most 8"),
    ):
        with pytest.raises(ValidationError, match=words):
            Policy.model_validate({"funnels": wrong})
