"""Case 6: sent twice, cut anyhow, late, out of order; on the pure core, and then once through Kafka."""

import random
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.advance import advance
from processors.decay import LONG, MIDDLE, factors
from processors.fold import MAX_SEEN, fold
from schemas.facts import Facts
from schemas.kinds import Kind
from schemas.profile import Profile
from schemas.touch import Touch
from tests.faults.traffic import history
from tests.faults.world import World
from tests.unit.making import POLICY, FixedModels, touch

ROUNDING = 1e-9
"""The bound: decayed counts, as read at the last touch, differ by less than this share of themselves; each addition
and each power of two rounds in the sixteenth place."""

EVENTS = st.lists(
    st.tuples(st.floats(0, 4000), st.sampled_from(list(Kind)), st.none() | st.integers(-500, 50_000)), max_size=40
)
"""Day, kind, and cents; eleven years are longer than counts decay forward at a stretch."""


def touches_of(events: list[tuple[float, Kind, int | None]]) -> list[Touch]:
    """Touches in the order of their time, each with an id of its own, and amounts in cents."""
    return [
        touch(at, kind, message_id=f"{number:016x}", amount=None if cents is None else cents / 100, currency="EUR")
        for number, (at, kind, cents) in enumerate(sorted(events, key=lambda event: event[0]))
    ]


def logged(touches: list[Touch]) -> list[Touch]:
    """The same as records of partition 0, in this order."""
    return [msgspec.structs.replace(one, partition=0, offset=offset) for offset, one in enumerate(touches)]


def advanced(touches: list[Touch], cuts: set[int]) -> Profile:
    """The profile after the log, cut there, through JSON between two batches; some of each batch is delivered again."""
    profile, log, begun = Profile("ada"), logged(touches), 0
    for start, end in pairwise(sorted({0, len(log), *(cut for cut in cuts if cut < len(log))})):
        batch = log[begun:end]
        profile = advance(profile, batch, max(one.at for one in log[:end]), FixedModels(), POLICY).profile
        profile = msgspec.json.decode(msgspec.json.encode(profile), type=Profile)
        begun = max(0, start - 3)
    return profile


def as_read(facts: Facts) -> list[float]:
    """The decayed counts as they stand at the last touch: by half-life, by kind, and of money."""
    parts = factors(facts.last_seen - facts.rates_at)
    return [
        *(held * part for held, part in zip(facts.rates, parts, strict=False)),
        *(facts.kind_rates.get(kind, 0.0) * parts[MIDDLE] for kind in Kind),
        *(money.recent * parts[LONG] for money in facts.money.values()),
    ]


@given(EVENTS, st.sets(st.integers(1, 60)), st.data())
def test_what_is_sent_twice_counts_once_however_the_log_is_cut(
    events: list[tuple[float, Kind, int | None]], cuts: set[int], data: st.DataObject
) -> None:
    """Tried without the guard (`fresh` knowing no message ids): the first that was sent twice counted twice."""
    touches = touches_of(events)
    twice: list[Touch] = []
    for number, one in enumerate(touches):
        twice.append(one)
        if data.draw(st.booleans()):
            # Once more, at most so much later that the ring still knows it.
            twice.append(touches[data.draw(st.integers(max(0, number - MAX_SEEN + 1), number))])
    whole = msgspec.json.encode(fold(Facts(), touches))
    assert msgspec.json.encode(advanced(twice, cuts).facts) == whole
    assert msgspec.json.encode(advanced(touches, set()).facts) == whole


@given(EVENTS, st.randoms(use_true_random=False), st.sets(st.integers(1, 60)))
def test_in_any_order_counts_and_sums_are_exact_and_rates_nearly(
    events: list[tuple[float, Kind, int | None]], chance: random.Random, cuts: set[int]
) -> None:
    """Tried without the guard (`_weights` weighing a late touch like the first one): rates were off by 1."""
    in_order = touches_of(events)
    shuffled = list(in_order)
    chance.shuffle(shuffled)
    expected, found = fold(Facts(), in_order), advanced(shuffled, cuts).facts
    assert (found.touchpoints, found.meaningful) == (expected.touchpoints, expected.meaningful)
    assert (found.kinds, found.channels) == (expected.kinds, expected.channels)
    assert {code: (money.orders, money.revenue, money.last_at) for code, money in found.money.items()} == {
        code: (money.orders, money.revenue, money.last_at) for code, money in expected.money.items()
    }
    assert (found.first_seen, found.last_seen) == (expected.first_seen, expected.last_seen)
    assert found.last_meaningful == expected.last_meaningful
    for held, right in zip(as_read(found), as_read(expected), strict=True):
        assert held == pytest.approx(right, rel=ROUNDING, abs=ROUNDING)


@pytest.mark.faults
@pytest.mark.integration
@pytest.mark.timeout(120)
def test_sent_twice_late_and_out_of_order_through_kafka(world: World) -> None:
    """Tried without the guard (`fresh` knowing no message ids): every touchpoint that was sent twice was doubled."""
    chance, once = random.Random(8), history(1500, customers=40, leave=0.0)
    sent = list(once)
    for late in range(0, len(sent), 5):
        place = min(len(sent) - 1, late + chance.randrange(1, 30))
        sent.insert(place, sent.pop(late))
    # Each fourth time the one before is sent once more, if it has an id by which that can be told.
    twice = [
        each
        for place, one in enumerate(sent)
        for each in ([one, sent[place - 1]] if place % 4 == 3 and b"messageId" in sent[place - 1].value else [one])
    ]
    world.publish(twice)
    with world.worker(EBBFLOW_BATCH_RECORDS="7"):
        world.settles(len(once), end=len(twice))
    figures = world.verified(complete=True, clean=world.undisturbed(sent))
    assert figures["sent again"] == len(twice) - len(once)
