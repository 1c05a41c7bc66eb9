"""Attribution: shares that sum to one, and a removal effect that is what removing a source does."""

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.attribution import WHOLE, End, apportioned, positions, removal_effects, summed, transitions

Path = tuple[Sequence[str], bool]
paths = st.lists(st.tuples(st.lists(st.sampled_from("abcdef"), min_size=1, max_size=6), st.booleans()), max_size=30)


def counted(log: Sequence[Path]) -> Counter[tuple[str | End, str | End]]:
    return Counter(edge for path, bought in log for edge in transitions(path, bought))


def chance_of_buying(counts: Mapping[tuple[str | End, str | End], int], removed: str | None) -> Fraction:
    """By Gauss's elimination in fractions, with the source out of the way: who would go there is lost."""
    states = [*sorted({one for one, _ in counts if one is not End.START and one != removed}), End.START]
    place = {state: at for at, state in enumerate(states)}
    out = Counter[object]()
    for (before, _), count in counts.items():
        out[before] += count
    rows = [[Fraction(int(at == each)) for each in range(len(states))] + [Fraction(0)] for at in range(len(states))]
    for (before, after), count in counts.items():
        if before == removed:
            continue
        share = Fraction(count, out[before])
        if after is End.BOUGHT:
            rows[place[before]][-1] += share
        elif after in place:
            rows[place[before]][place[after]] -= share
    for at in range(len(states)):
        pivot = next(row for row in range(at, len(states)) if rows[row][at])
        rows[at], rows[pivot] = rows[pivot], rows[at]
        rows[at] = [cell / rows[at][at] for cell in rows[at]]
        for row in range(len(states)):
            if row != at and rows[row][at]:
                rows[row] = [a - rows[row][at] * b for a, b in zip(rows[row], rows[at], strict=True)]
    return rows[place[End.START]][-1]


def test_shares_by_position_are_whole_parts_of_one() -> None:
    for visits in range(1, 10):
        shares = positions(visits)
        assert (len(shares), sum(shares)) == (visits, WHOLE)
        assert shares == shares[::-1]
        if visits > 2:
            assert (shares[0], set(shares[1:-1])) == (0.4 * WHOLE, {0.2 * WHOLE / (visits - 2)})


def test_the_removal_effect_by_hand() -> None:
    counts = counted([(["a"], True), (["a", "b"], True), (["b"], False), (["a"], False)])
    # One in two buys. Without a, only the quarter that begins with b is left, half of which buy: an eighth. Without b,
    # a third of the three quarters that begin with a still do: a quarter.
    assert removal_effects(counts) == pytest.approx({"a": 1 - (1 / 8) / (1 / 2), "b": 1 - (1 / 4) / (1 / 2)})
    assert removal_effects(counted([(["a"], True)])) == {"a": 1.0}
    assert removal_effects(counted([(["a", "a"], True), (["b"], False)])) == {"a": 1.0, "b": 0.0}
    assert removal_effects(counted([(["a"], False)])) == {"a": 0.0}
    assert removal_effects(counted([])) == {}


@settings(max_examples=100, deadline=None)
@given(paths)
def test_it_is_what_removing_a_source_does(log: list[Path]) -> None:
    counts = counted(log)
    before = chance_of_buying(counts, None) if log else Fraction(0)
    for name, effect in removal_effects(counts).items():
        lost = 1 - chance_of_buying(counts, name) / before if before else 0
        assert effect == pytest.approx(float(lost), abs=1e-9)


def test_it_is_what_happens_to_simulated_customers() -> None:
    chance = random.Random(7)
    log = [(chance.choices("abcd", [4, 3, 2, 1], k=chance.randint(1, 5)), chance.random() < 0.3) for _ in range(400)]
    counts = counted(log)
    onward: dict[str | End, tuple[list[str | End], list[int]]] = {}
    for (before, after), count in counts.items():
        nexts, weights = onward.setdefault(before, ([], []))
        nexts.append(after)
        weights.append(count)
    walks, effects = 20_000, removal_effects(counts)
    bought, passed = 0, Counter[str]()
    for _ in range(walks):
        at: str | End = End.START
        met = set[str]()
        while at not in (End.BOUGHT, End.NOTHING):
            (at,) = chance.choices(*onward[at])
            if isinstance(at, str):
                met.add(at)
        bought += at is End.BOUGHT
        passed.update(met if at is End.BOUGHT else ())
    for name, effect in effects.items():
        # Of those who bought, the share that passed by; four standard errors.
        assert effect == pytest.approx(passed[name] / bought, abs=4 * (0.25 / bought) ** 0.5)


@given(paths)
def test_sources_counted_together_are_sources_called_alike(log: list[Path]) -> None:
    named = {"b": "o", "c": "o", "d": "o"}
    renamed = [([named.get(name, name) for name in path], bought) for path, bought in log]
    assert summed(counted(log), named) == counted(renamed)


@given(st.integers(-(10**15), 10**15), st.lists(st.integers(0, 10**9), max_size=25))
def test_parts_sum_to_the_whole_and_are_as_near_as_can_be(total: int, weights: list[int]) -> None:
    parts = apportioned(total, weights)
    assert sum(parts) == (total if sum(weights) else 0)
    for part, weight in zip(parts, weights, strict=True):
        assert not sum(weights) or abs(part - Fraction(total * weight, sum(weights))) < 1
