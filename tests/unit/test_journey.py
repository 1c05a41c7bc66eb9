"""The journey of a customer: transitions and first times of the log, also where touches come late or under two keys."""

from collections.abc import Iterable, Sequence
from random import Random

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.facets.journey import MOST_FIRSTS, unplaced
from processors.fold import MAX_RECENT, fold
from processors.funnels import key_of
from processors.merging import merged
from processors.transitions import BEGIN, STEPS, Transitions
from schemas.facts import Facts
from schemas.kinds import Kind
from schemas.policy import Policy
from schemas.touch import Touch
from tests.unit.making import POLICY, day, touch

STEP_KINDS = (Kind.DISCOVER, Kind.CONSIDER, Kind.PURCHASE, Kind.SERVICE, Kind.CAMPAIGN, Kind.LEAVE)
OFFSETS = st.floats(-1.0, 60.0).map(lambda at: round(at, 4)) | st.integers(0, 6)
LOGS = st.lists(st.builds(touch, OFFSETS, st.sampled_from([*STEP_KINDS, None])), max_size=40)
Moves = dict[tuple[int, int], tuple[int, int]]


def moves_of(facts: Facts) -> Moves:
    return {(before, after): (count, seconds) for before, after, count, seconds in Transitions(facts.moves)}


def of_steps(steps: Iterable[tuple[float, Kind]]) -> Moves:
    """Transitions of steps; those of the same time are in the order given."""
    found: Moves = {}
    before, last = BEGIN, None
    for at, kind in sorted(steps, key=lambda step: step[0]):
        count, seconds = found.get((before, STEPS[kind]), (0, 0))
        found[before, STEPS[kind]] = (count + 1, seconds + (0 if last is None else int(at) - last))
        before, last = STEPS[kind], int(at)
    return found


def steps_of(log: Iterable[Touch]) -> list[tuple[float, Kind]]:
    return [(one.at, one.kind) for one in log if one.kind]


def placed(log: Sequence[Touch]) -> list[tuple[float, Kind]]:
    """The steps that can be put where they belong, by the rule as it is told."""
    steps: list[tuple[float, Kind]] = []
    for one in log:
        if one.kind is None:
            continue
        later = sum(at > one.at for at, _ in steps)
        begun = min((int(at) for at, _ in steps), default=0)
        if later < MAX_RECENT or len(steps) <= MAX_RECENT or int(one.at) < begun:
            steps.append((one.at, one.kind))
    return steps


def shuffled_within(log: list[Touch], reach: int, chance: Random) -> list[Touch]:
    """The log in an order in which nobody comes after more than `reach` later ones."""
    log, out = sorted(log, key=lambda one: one.at), []
    while log:
        first = chance.randrange(min(len(log), 3))
        # Who was passed over this often has to come now.
        late = next((place for place, one in enumerate(log) if sum(each.at > one.at for each in out) >= reach), first)
        out.append(log.pop(min(first, late)))
    return out


@settings(max_examples=40, deadline=None)
@given(LOGS, st.randoms(use_true_random=False))
def test_touches_that_are_late_by_no_more_than_seven_are_put_where_they_belong(
    log: list[Touch], chance: Random
) -> None:
    arrived = shuffled_within(log, MAX_RECENT - 1, chance)
    facts = fold(Facts(), arrived)
    assert moves_of(facts) == of_steps(steps_of(arrived))
    assert unplaced(facts) == 0


@settings(max_examples=40, deadline=None)
@given(LOGS)
def test_what_comes_later_than_that_is_in_no_transition_and_is_counted(log: list[Touch]) -> None:
    facts, right = fold(Facts(), log), placed(log)
    assert moves_of(facts) == of_steps(right)
    assert unplaced(facts) == sum(one.kind is not None for one in log) - len(right)


@settings(max_examples=40, deadline=None)
@given(LOGS, st.lists(st.integers(0, 40), max_size=6))
def test_the_journey_is_the_same_bytes_however_the_log_is_cut(log: list[Touch], cuts: list[int]) -> None:
    parts, start = Facts(), 0
    for cut in sorted({*cuts, len(log)}):
        parts = msgspec.msgpack.decode(msgspec.msgpack.encode(fold(parts, log[start:cut])), type=Facts)
        start = max(start, cut)
    whole = fold(Facts(), log)
    assert (parts.moves, parts.firsts) == (whole.moves, whole.firsts)


@settings(max_examples=40, deadline=None)
@given(LOGS, LOGS, st.booleans())
def test_one_key_after_the_other_comes_to_one_journey(early: list[Touch], late: list[Touch], ours: bool) -> None:
    late = [msgspec.structs.replace(one, at=one.at + day(70) - day(0)) for one in late]
    own, other = (late, early) if ours else (early, late)
    found, right = merged(fold(Facts(), own), fold(Facts(), other)), fold(Facts(), early)
    steps = [*placed(early), *placed(late)]
    assert moves_of(found) == of_steps(steps)
    assert found.firsts == fold(right, late).firsts


@settings(max_examples=40, deadline=None)
@given(LOGS, LOGS, LOGS)
def test_short_journeys_of_two_keys_come_to_one_and_go_on(
    own: list[Touch], other: list[Touch], then: list[Touch]
) -> None:
    steps = [[one for one in log if one.kind][:MAX_RECENT] for log in (other, own)]
    facts = merged(fold(Facts(), steps[1]), fold(Facts(), steps[0]))
    both = [*sorted(steps[0], key=lambda one: one.at), *sorted(steps[1], key=lambda one: one.at)]
    assert moves_of(facts) == of_steps(steps_of(both))
    # Steps that come afterwards find their place as if there had been one key.
    first = sorted(both, key=lambda one: one.at)
    assert moves_of(fold(facts, then)) == of_steps(placed([*first, *then]))


@settings(max_examples=40, deadline=None)
@given(LOGS, st.lists(st.floats(0, 5), max_size=MAX_RECENT), st.booleans())
def test_a_short_journey_among_the_last_steps_of_a_long_one_finds_its_place(
    log: list[Touch], offsets: list[float], ours: bool
) -> None:
    long = sorted((one for one in log if one.kind), key=lambda one: one.at)
    since = long[-MAX_RECENT].at if len(long) > MAX_RECENT else day(0)
    short = [msgspec.structs.replace(touch(0, Kind.SOCIAL), at=since + 1.5 + at * 86_400) for at in offsets]
    facts = fold(Facts(), long), fold(Facts(), short)
    found = merged(facts[ours], facts[not ours])
    assert moves_of(found) == of_steps(steps_of([*long, *short]))
    assert unplaced(found) == 0


@settings(max_examples=40, deadline=None)
@given(LOGS, LOGS, LOGS)
def test_whatever_two_keys_did_counts_and_first_times_hold(
    own: list[Touch], other: list[Touch], then: list[Touch]
) -> None:
    one, two = fold(Facts(), own), fold(Facts(), other)
    found = fold(merged(one, two), then)
    assert found.firsts == fold(Facts(), [*own, *other, *then]).firsts
    into: dict[str, int] = {}
    for (_, after), (count, seconds) in moves_of(found).items():
        kind = next(kind for kind, step in STEPS.items() if step == after)
        into[kind] = into.get(kind, 0) + count
        assert seconds >= 0
    # Where both did something at the very same time, one of two steps may have what came before the other.
    assert all(count <= found.kinds[kind] + 1 for kind, count in into.items())
    assert sum(into.values()) <= sum(found.kinds.values())
    assert unplaced(found) <= unplaced(one) + unplaced(two) + 1 + len(then)
    assert sum(before == BEGIN for before, _ in moves_of(found)) == bool(found.kinds)


def test_first_times_of_a_funnels_events_are_kept_however_they_are_spelled() -> None:
    policy = POLICY.model_copy(update={"funnels": Policy(funnels={"f": ["Cart Viewed", "purchase"]}).funnels})
    late = [
        msgspec.structs.replace(touch(at), name=name) for at, name in ((3, "cart_viewed"), (2, "cartViewed"), (1, "x"))
    ]
    facts = fold(Facts(), late, policy)
    assert facts.firsts == {STEPS[Kind.ENGAGE]: day(1), key_of("Cart Viewed"): day(2)}


def test_first_times_are_bounded_whatever_is_configured_one_after_the_other() -> None:
    facts = Facts()
    for number in range(40):
        names = [f"event {number}-{place}" for place in range(8)]
        policy = POLICY.model_copy(update={"funnels": Policy(funnels={"f": names}).funnels})
        facts = fold(facts, [msgspec.structs.replace(touch(number), name=name) for name in names], policy)
    assert len(facts.firsts) <= MOST_FIRSTS
    assert key_of("event 39-7") in facts.firsts


def test_a_journey_takes_little_room() -> None:
    chance = Random(7)
    kinds = chance.choices(STEP_KINDS[:5], (48, 28, 5, 3, 10), k=40)
    log = [touch(number / 3, kind) for number, kind in enumerate(kinds)]
    without = POLICY.model_copy(update={"without": frozenset({"journey"})})
    kept, left = (len(msgspec.msgpack.encode(fold(Facts(), log, policy))) for policy in (POLICY, without))
    assert 100 < kept - left < 250


def test_a_journey_that_was_not_kept_from_the_beginning_stops_nothing() -> None:
    without = POLICY.model_copy(update={"without": frozenset({"journey"})})
    before = fold(Facts(), [touch(at) for at in range(20)], without)
    assert not before.moves
    facts = fold(before, [touch(20), touch(18.5), touch(1)])
    facts = merged(facts, fold(Facts(), [touch(at + 0.5, Kind.SERVICE) for at in range(20)], without))
    assert all(seconds >= 0 for _, seconds in moves_of(facts).values())
