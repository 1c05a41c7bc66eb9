"""Data quality: the shares are right, and what is counted stays bounded."""

import random

from hypothesis import given
from hypothesis import strategies as st

from processors.plan import Checked, Violation
from processors.quality import DELAYS, MAX_COUNTS, MAX_IDS, Observed, SourceCounts, quantile, report
from schemas.quality import SourceQuality

WHOLE = {"userId": "ada", "timestamp": "2026-01-05", "messageId": "m1", "context": {"library": {"name": "x"}}}


def counted(*requests: Observed) -> SourceCounts:
    counts = SourceCounts(100.0)
    for number, request in enumerate(requests):
        counts.add(request, 100.0 + number)
    return counts


def said(counts: SourceCounts, **optional: list[str]) -> SourceQuality:
    return report("web", counts.counts, counts.since, counts.last_seen, optional)


def violating(event: str, *fields: str) -> Checked:
    return Checked(event, tuple(Violation(field, "") for field in fields), ())


def test_a_source_that_sent_nothing_has_no_shares() -> None:
    found = said(counted())
    assert (found.accepted, found.validity, found.duplicates, found.median_delay) == (0, None, None, None)


def test_completeness_is_of_what_was_sent() -> None:
    request = Observed()
    request.accept(WHOLE, 1.0, None, False)
    request.accept({"anonymousId": "v", "userId": None, "messageId": "", "context": None}, 0.0, None, False)
    request.accept({"anonymousId": "v", "originalTimestamp": "2026-01-05", "messageId": 7}, 1.0, None, False)
    found = said(counted(request))
    third = {"userId": 0.3333, "timestamp": 0.6667, "messageId": 0.6667, "context.library": 0.3333}
    assert (found.accepted, found.completeness) == (3, third)


def test_validity_is_of_what_is_accepted_and_on_plan() -> None:
    request = Observed()
    request.accept(WHOLE, 0.0, violating("Order"), True)
    request.accept(WHOLE, 0.0, violating("Order", "properties.a", "properties.b"), True)
    request.accept(WHOLE, 0.0, None, True)
    request.refuse("invalid")
    request.refuse("off_plan", violating("Order", "properties.a"))
    request.withhold()
    found = said(counted(request), Order=["note"])
    assert (found.accepted, found.rejected, found.withheld) == (3, {"invalid": 1, "off_plan": 1}, 1)
    assert (found.validity, found.unplanned) == (0.4, 1)
    [order] = found.plan
    assert (order.received, order.off_plan) == (3, 2)
    assert order.violations == {"properties.a": 2, "properties.b": 1}
    assert order.completeness == {"note": 0.0}


def test_optional_fields_are_counted_by_event() -> None:
    request = Observed()
    request.accept(WHOLE, 0.0, Checked("Order", (), ("note", "coupon")), True)
    request.accept(WHOLE, 0.0, Checked("Order", (), ("note",)), True)
    assert said(counted(request), Order=["gift", "note"]).plan[0].completeness == {
        "coupon": 0.5,
        "gift": 0.0,
        "note": 1.0,
    }


def test_a_message_that_had_just_been_seen_is_a_duplicate() -> None:
    first, again = Observed(), Observed()
    first.accept(WHOLE, 0.0, None, False)
    again.accept(WHOLE, 0.0, None, False)
    again.accept({**WHOLE, "messageId": "m2"}, 0.0, None, False)
    assert said(counted(first, again)).duplicates == 0.3333


def test_old_ids_are_forgotten_and_recent_ones_are_not() -> None:
    counts = SourceCounts(0.0)
    for number in range(3 * MAX_IDS):
        request = Observed()
        request.ids.append(str(number))
        counts.add(request, 0.0)
    assert counts.counts[("duplicates",)] == 0
    for number, duplicates in ((3 * MAX_IDS - 1, 1), (2 * MAX_IDS, 2), (2 * MAX_IDS - 1, 2), (0, 2)):
        request = Observed()
        request.ids.append(str(number))
        counts.add(request, 0.0)
        assert counts.counts[("duplicates",)] == duplicates
    assert len(counts._seen) == len(counts._ring) == MAX_IDS


def test_delays_are_of_dated_events() -> None:
    request = Observed()
    for delay in (0.0, 0.3, 0.3, 4.0, 1e9):
        request.accept(WHOLE, delay, None, False)
    request.accept({"userId": "ada"}, 1e9, None, False)
    found = said(counted(Observed(), request))
    assert (found.median_delay, found.p95_delay) == (0.4, DELAYS[-1])
    assert found.since is not None
    assert found.last_seen is not None
    assert (found.since.timestamp(), found.last_seen.timestamp()) == (100.0, 101.0)


@given(st.lists(st.floats(0, 604_800), min_size=1, max_size=200), st.floats(0.01, 1))
def test_a_quantile_is_within_the_bucket_of_the_true_one(delays: list[float], share: float) -> None:
    buckets = [0] * (len(DELAYS) + 1)
    for delay in delays:
        buckets[next(number for number, bound in enumerate(DELAYS) if delay <= bound)] += 1
    true = sorted(delays)[max(0, -int(-share * len(delays) // 1) - 1)]
    end = next(bound for bound in DELAYS if true <= bound)
    begin = max((bound for bound in DELAYS if bound < end), default=0.0)
    found = quantile(buckets, share)
    assert found is not None
    assert begin - 0.001 <= found <= end


def test_distinct_counts_are_bounded_and_none_is_lost() -> None:
    counts, draw = SourceCounts(0.0), random.Random(5)
    for _ in range(5_000):
        request = Observed()
        request.accept(WHOLE, 0.0, violating(f"e{draw.random()}", f"f{draw.random()}"), True)
        counts.add(request, 0.0)
    assert len(counts.counts) <= MAX_COUNTS + 10
    found = said(counts)
    assert sum(event.off_plan for event in found.plan) == 5_000
    assert sum(sum(event.violations.values()) for event in found.plan) == 5_000
    assert next(event for event in found.plan if event.event == "other").off_plan > 4_000
