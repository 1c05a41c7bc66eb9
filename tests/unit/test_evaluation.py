"""Evaluation: what it says of the past cannot come from the future, and it finds what there is to be found."""

import math
import random
from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta

import msgspec
import pytest

from processors.decay import DAY
from processors.evaluation import Evaluation, snapshot_times
from processors.learning.honesty import area
from schemas.judgements import Scores
from schemas.kinds import Kind
from schemas.policy import Policy
from schemas.touch import Touch
from streams.evaluate.truth import Truth
from tests.unit.making import MONDAY, day, touch

HORIZON, FIRST, LENGTH = 30, 60, 360
POLICY = Policy(horizon=timedelta(days=HORIZON), activity=timedelta(days=60), engagement_window=timedelta(days=HORIZON))


def order(at: float, customer: str) -> Touch:
    """An order at epoch seconds, dated to the second as logs are."""
    return Touch(customer=customer, at=float(round(at)), name="Order Completed", kind=Kind.PURCHASE, amount=20.0)


def shop(customers: int, seed: int) -> list[Touch]:
    """Some buy often and some seldom, and after any order a customer may go for good, the seldom ones sooner."""
    chance = random.Random(seed)
    log = [order(MONDAY, "first")]
    for number in range(customers):
        rate = 0.005 + chance.gammavariate(0.8, 1 / 12)
        at = chance.uniform(0, 60)
        gone = at + chance.expovariate(1 / 400)
        while at < min(gone, LENGTH + 1):
            log.append(order(day(at), f"c{number}"))
            at += chance.expovariate(rate)
    return in_order(log)


def in_order(touches: Sequence[Touch]) -> list[Touch]:
    return sorted(touches, key=lambda each: each.at)


def evaluated(touches: Sequence[Touch], times: Sequence[float]) -> list[dict[str, Scores]]:
    return [snapshot.scores for snapshot in Evaluation(POLICY).run(touches, times)]


def mean_auc(touches: Sequence[Touch]) -> tuple[float, float]:
    """Mean AUC within the snapshots that a model can have learned for, and its standard error if it knew nothing.

    The error is that of Mann and Whitney's statistic; outcomes of snapshots a horizon apart do not overlap.
    """
    times = [day(at) for at in range(FIRST, LENGTH - HORIZON + 1, HORIZON)]
    truth, found, variance = Truth(touches, POLICY), [], 0.0
    for at, said in list(zip(times, evaluated(touches, times), strict=True))[2:]:
        came = truth.at(at)
        assert said.keys() == came.keys()
        churned = [moment.churned for moment in came.values()]
        auc = area([said[customer].churn for customer in came], churned)
        gone, stayed = sum(churned), len(churned) - sum(churned)
        assert auc is not None
        found.append(auc)
        variance += (gone + stayed + 1) / (12 * gone * stayed)
    return sum(found) / len(found), math.sqrt(variance) / len(found)


def test_a_future_that_is_changed_changes_no_earlier_prediction() -> None:
    log, split = shop(150, seed=1), day(210)
    times = [day(at) for at in (60, 120, 150, 180, 195, 210, 270)]
    chance = random.Random(2)
    changed = [each for each in log if each.at <= split]
    for each in log:
        if each.at > split and chance.random() < 0.5:
            later = each.at + chance.uniform(0, 40 * DAY)
            changed += [
                order(later, each.customer),
                touch(round((later - MONDAY) / DAY) + 1, Kind.LEAVE, each.customer),
            ]
    changed += [order(day(211 + number / 10), f"new{number}") for number in range(100)]
    before, after = evaluated(log, times), evaluated(in_order(changed), times)
    assert after[:-1] == before[:-1]
    assert after[-1] != before[-1]
    assert not any(said.warming_up for said in before[5].values()), "it has learned enough by then for a leak to show"


def test_when_every_future_is_another_customers_nothing_can_be_predicted() -> None:
    # Whatever follows a snapshot, up to the next one, is dealt out anew. So nobody's future has to do with the past,
    # and what could still tell the one from the other would be a look ahead.
    chance = random.Random(3)
    log = shop(240, seed=1)
    spans = defaultdict[int, list[Touch]](list)
    for each in log:
        # A snapshot sees what lies at its very moment, so a span ends with it.
        spans[math.ceil((each.at - MONDAY) / DAY / HORIZON)].append(each)
    dealt = list(spans.pop(0))
    owners = sorted({each.customer for each in log})
    for span in spans.values():
        others = dict(zip(owners, chance.sample(owners, len(owners)), strict=True))
        dealt += [order(each.at, others[each.customer]) for each in span]
    auc, error = mean_auc(in_order(dealt))
    assert auc == pytest.approx(0.5, abs=3 * error)
    assert error < 0.02, "or this would show nothing"


def test_where_heavy_buyers_stay_it_finds_them() -> None:
    auc, error = mean_auc(shop(240, seed=1))
    assert auc > 0.5 + 10 * error
    assert auc > 0.72


def test_snapshots_are_at_midnights_as_long_as_the_horizon_ends_within_the_log() -> None:
    def days(last: float) -> list[float]:
        log = [touch(0.4, Kind.CAMPAIGN), touch(1.6), touch(9.3), touch(last), touch(last + 90, Kind.CAMPAIGN)]
        return [(at - MONDAY) / DAY for at in snapshot_times(log, POLICY, FIRST * DAY, 15 * DAY)]

    # The log begins on the day of the first meaningful touch, and ends at the midnight before the last one.
    assert days(121.0) == [61, 76, 91]
    assert days(121.9) == [61, 76, 91]
    assert days(120.9) == [61, 76]
    assert days(90.9) == []
    assert snapshot_times([touch(0, Kind.CAMPAIGN)], POLICY, FIRST * DAY, 15 * DAY) == []


def test_a_snapshot_shows_who_was_active_and_knows_what_happened_at_its_very_moment() -> None:
    log = [
        touch(0, customer="old"),
        touch(60, customer="ada"),
        touch(60.01, customer="bob"),
        touch(100, customer="ada"),
    ]
    (said,) = evaluated(log, [day(60)])
    assert said.keys() == {"ada"}
    (said,) = evaluated(log, [day(120)])
    assert said.keys() == {"ada", "bob"}


@pytest.mark.timeout(30)
def test_a_timer_rounded_to_before_its_time_comes_again_a_moment_later() -> None:
    # On 10 January 2004 the seconds since 1970 outgrew thirty bits, and a float of them became coarser.
    edge, chance = 2.0**30, random.Random(4)
    log = [touch(round((edge - MONDAY) / DAY - chance.uniform(0, 60), 6), customer=f"c{place}") for place in range(100)]
    log = in_order([msgspec.structs.replace(each, at=round(each.at, 3)) for each in log])
    assert evaluated(log, [edge, edge + 90 * DAY])[1] == {}
