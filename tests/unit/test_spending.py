"""Spending loses no cent, is bounded, and whoever reports it is no customer."""

from random import Random

import msgspec
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.census import Census
from processors.facets.spending import MAX_CHANNELS, MAX_SOURCES, MONTHS, is_reporter, month_of
from processors.fold import fold
from processors.merging import merged
from processors.population import Population
from schemas.acquisition import Acquisition
from schemas.details import Source
from schemas.facts import Facts
from schemas.profile import Profile
from schemas.touch import Touch
from tests.unit.making import POLICY, day, touch
from tests.unit.visiting import came, spent

NOW = day(200)
RADIO = Source("radio")

reports = st.lists(
    st.builds(
        spent,
        st.integers(0, 300),
        st.integers(0, 10**9).map(lambda units: units / 10_000),
        st.builds(Source, st.sampled_from(["radio", "email", "other"]), st.sampled_from(["", "a", "b"])),
        st.sampled_from(["EUR", "USD"]),
    ),
    max_size=40,
)


@settings(max_examples=40, deadline=None)
@given(reports, st.randoms(use_true_random=False), st.integers(0, 40))
def test_spending_loses_no_cent_in_whatever_order(log: list[Touch], chance: Random, cut: int) -> None:
    whole = fold(Facts(), log).spending
    chance.shuffle(log)
    assert msgspec.msgpack.encode(fold(Facts(), log).spending) == msgspec.msgpack.encode(whole)
    one, two = fold(Facts(), log[:cut]), fold(Facts(), log[cut:])
    assert merged(one, two).spending == whole
    frame = pd.DataFrame(
        [(s.source.channel, s.source.source, s.currency, month_of(each.at), round(10_000 * s.amount))
         for each in log if each.details and (s := each.details.spend)],
        columns=["channel", "source", "currency", "month", "units"],
    )  # fmt: skip
    right = frame.groupby(["channel", "source", "currency", "month"]).units.sum().to_dict()
    sums = whole.sums if whole else []
    assert right == {
        (each.source.channel, each.source.source, each.currency, month): round(10_000 * amount)
        for each in sums
        for month, amount in each.months.items()
    }


def test_many_campaigns_are_summed_up_under_their_channels_and_many_channels_under_other() -> None:
    log = [spent(1, 0.1, Source(f"channel {n % 40:02}", f"{n:03}")) for n in range(400)]
    found = fold(Facts(), log).spending
    assert found is not None
    assert found == fold(Facts(), log[::-1]).spending
    bare = [each for each in found.sums if not each.source.source]
    assert len(found.sums) - len(bare) == MAX_SOURCES
    assert len(bare) == MAX_CHANNELS + 1
    assert round(sum(sum(each.months.values()) for each in found.sums), 4) == 40.0
    years = fold(Facts(), [spent(30.5 * n, 1.0, Source("radio")) for n in range(40)]).spending
    assert years is not None
    assert list(years.sums[0].months) == list(
        range(month_of(day(30.5 * 39)) - MONTHS + 1, month_of(day(30.5 * 39)) + 1)
    )


def test_who_only_reports_spending_is_no_customer() -> None:
    unread = msgspec.structs.replace(touch(1, None, "till"), name="marketing_spend")
    reporter, census = Profile("till", fold(Facts(), [spent(1, 5.0, RADIO), unread])), Census(POLICY)
    census.add(reporter, NOW)
    assert sum(census.customers.values()) == 0
    population = Population(POLICY)
    population.add(reporter, NOW)
    assert {name: each.customers for name, each in population.told(NOW).items()} == dict.fromkeys(
        population.told(NOW), 0
    )
    assert not is_reporter(fold(reporter.facts, [came(2)]))
    told = population.told(NOW)["acquisition"]
    assert isinstance(told, Acquisition)
    assert [(row.channel, row.visitors, row.spent) for row in told.channels] == [("radio", 0, {"EUR": 5.0})]
