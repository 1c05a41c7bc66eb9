"""Activity by week: the facet is exact whatever the order, and the section is what pandas makes of the same log."""

from collections.abc import Sequence

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.facets import FACETS, facets_of
from processors.facets.activity import WEEKS, beginning, week_of
from processors.fold import fold
from processors.merging import merged
from processors.population import Population
from schemas.facts import Facts
from schemas.kinds import Kind
from schemas.policy import Policy
from schemas.population import Activity
from schemas.profile import Profile
from schemas.touch import Touch
from tests.unit.making import MONDAY, POLICY, day, touch

NOW = day(100)
touches = st.lists(
    st.builds(
        lambda at, kind, amount, currency, customer: touch(
            at, kind, customer, amount=amount if kind is Kind.PURCHASE else None, currency=currency
        ),
        st.floats(0, 99),
        st.sampled_from([Kind.DISCOVER, Kind.PURCHASE, Kind.SERVICE, None]),
        st.integers(0, 9_999).map(lambda cents: cents / 100),
        st.sampled_from(["EUR", "USD"]),
        st.sampled_from(["ada", "bob", "eve"]),
    ),
    max_size=60,
)


def folded(log: Sequence[Touch], policy: Policy = POLICY) -> dict[str, Facts]:
    names = {each.customer for each in log}
    return {name: fold(Facts(), [each for each in log if each.customer == name], policy) for name in names}


def told(facts: dict[str, Facts]) -> Activity:
    population = Population(POLICY)
    for name, each in facts.items():
        population.add(Profile(name, each), NOW)
    section = population.told(NOW)["activity"]
    assert isinstance(section, Activity)
    return section


def test_weeks_begin_on_mondays() -> None:
    assert beginning(week_of(MONDAY)) == MONDAY
    assert week_of(MONDAY - 0.001) == week_of(MONDAY) - 1 == week_of(MONDAY + 7 * 86_400) - 2


@settings(max_examples=60, deadline=None)
@given(touches, st.randoms(use_true_random=False))
def test_the_section_is_what_pandas_makes_of_the_log(log: list[Touch], chance: object) -> None:
    section = told(folded(log))
    frame = pd.DataFrame(
        [(one.customer, one.at, one.kind, one.amount, one.currency) for one in log if one.kind],
        columns=["customer", "at", "kind", "amount", "currency"],
    )
    assert section.customers == frame["customer"].nunique()
    assert section.kinds == frame["kind"].astype(str).value_counts().to_dict()
    assert section.orders == frame["amount"].notna().sum()
    frame["week"] = [week_of(at) for at in frame["at"]]
    # Each customer keeps their own last weeks.
    kept = frame[frame.groupby("customer")["week"].rank("dense", ascending=False) <= WEEKS]
    for each in section.weeks:
        own = kept[kept.week == week_of(each.begins.timestamp())]
        assert (each.active, each.touchpoints) == (own.customer.nunique(), len(own))
        assert each.orders == own.amount.notna().sum()
        paid = own.dropna(subset="amount").groupby("currency").amount.sum().round(4).to_dict()
        assert each.revenue == paid


@settings(max_examples=60, deadline=None)
@given(touches, st.randoms(use_true_random=False), st.integers(0, 60))
def test_late_touches_and_merges_change_nothing(log: list[Touch], chance: object, cut: int) -> None:
    shuffled = list(log)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    whole = fold(Facts(), log).weeks
    assert fold(Facts(), shuffled).weeks == whole
    one, two = fold(Facts(), shuffled[:cut]), fold(Facts(), shuffled[cut:])
    assert merged(one, two).weeks == whole


def test_a_facet_that_is_off_keeps_nothing() -> None:
    off = POLICY.model_copy(update={"without": frozenset({"activity"})})
    assert not fold(Facts(), [touch(0)], off).weeks
    assert "activity" not in Population(off).told(NOW)
    assert len(facets_of(off.without)) == len(FACETS) - 1
