"""Facts: bounded, exact, and the same however the log is cut or in which order late touches come."""

from unittest.mock import patch

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors import fold as folding
from processors.decay import factors
from processors.fold import fold, fresh
from processors.particulars import DIGEST
from schemas.facts import Facts
from schemas.kinds import Kind
from schemas.profile import Profile
from schemas.touch import Feed, Touch
from tests.unit.making import day, touch

TOUCHES = st.lists(
    st.builds(
        touch,
        st.floats(0, 400),
        st.sampled_from([*Kind, None]),
        message_id=st.text("0123456789abcdef", min_size=4, max_size=4),
        amount=st.none() | st.floats(-500, 5000).map(lambda amount: round(amount, 2)),
        currency=st.sampled_from(["", "EUR", "USD"]),
        rating=st.none() | st.floats(0, 1),
        channel=st.sampled_from(["web", "mobile", "email"]),
        traits=st.none() | st.dictionaries(st.text(max_size=5), st.integers(), max_size=20),
    ),
    max_size=40,
)


def rates(facts: Facts, at: float) -> list[float]:
    """The decayed counts as they stand on a day."""
    left = factors(day(at) - facts.rates_at)
    return [held * part for held, part in zip(facts.rates, left, strict=True)]


@given(TOUCHES, st.lists(st.integers(0, 40), max_size=5))
def test_facts_are_the_same_bytes_however_the_log_is_cut(touches: list[Touch], cuts: list[int]) -> None:
    whole = fold(Facts(), touches)
    parts, start = Facts(), 0
    for cut in sorted({*cuts, len(touches)}):
        # Through JSON, as between two batches.
        parts = msgspec.json.decode(msgspec.json.encode(fold(parts, touches[start:cut])), type=Facts)
        start = max(start, cut)
    assert msgspec.json.encode(parts) == msgspec.json.encode(whole)


@given(TOUCHES)
def test_folding_leaves_the_facts_it_was_given_alone(touches: list[Touch]) -> None:
    facts = fold(Facts(), touches[:20])
    before = msgspec.json.encode(facts)
    fold(facts, touches[20:])
    assert msgspec.json.encode(facts) == before


@given(st.permutations([0.0, 1.0, 2.5, 8.0, 30.0]))
def test_decayed_rates_do_not_depend_on_the_order_of_arrival(days: list[float]) -> None:
    in_order = fold(Facts(), [touch(at) for at in sorted(days)])
    arrived = fold(Facts(), [touch(at) for at in days])
    assert rates(arrived, 30) == pytest.approx(rates(in_order, 30), rel=1e-9)
    assert (arrived.first_seen, arrived.last_seen, arrived.last_meaningful) == (day(0), day(30), day(30))


def test_a_rate_halves_over_its_half_life() -> None:
    facts = fold(Facts(), [touch(0), touch(0), touch(7, Kind.CAMPAIGN)])
    assert rates(facts, 7)[0] == pytest.approx(1.0)
    assert facts.meaningful == 2


def test_decades_of_touches_are_still_counted_in_numbers_that_can_be_held() -> None:
    facts = fold(Facts(), [touch(at, Kind.PURCHASE, amount=10.0) for at in range(0, 20_000, 5)])
    assert rates(facts, 20_000)[2] == pytest.approx(sum(0.5 ** (ago / 90) for ago in range(5, 20_000, 5)), rel=1e-6)
    assert facts.money[""].recent == pytest.approx(10 * facts.rates[2])
    assert fold(facts, [touch(0)]).rates == pytest.approx(facts.rates)


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 6), st.integers(0, 3)), max_size=60), st.integers(1, 9))
def test_what_is_a_repeat_does_not_depend_on_the_batch(sent: list[tuple[int, int, int]], size: int) -> None:
    touches = [
        touch(0, message_id=f"{digest}", feed=Feed(f"feed {feed}", row) if feed else None, partition=0, offset=offset)
        for offset, (digest, feed, row) in enumerate(sent)
    ]
    room_for_some = patch.object(folding, "_RING", 16 * DIGEST)

    def folded(batch: int) -> bytes:
        profile = Profile("ada")
        for start in range(0, len(touches), batch):
            new = fresh(profile, touches[start : start + batch])
            at = {0: min(start + batch, len(touches)) - 1}
            profile = Profile("ada", facts=fold(profile.facts, new), at=at)
        return msgspec.json.encode(profile.facts)

    with room_for_some:
        assert folded(size) == folded(len(touches) or 1)


def test_money_sums_to_the_cent_by_currency() -> None:
    orders = [touch(at, Kind.PURCHASE, amount=0.1, currency="EUR") for at in range(1000)]
    orders.append(touch(1000, Kind.PURCHASE, amount=5.0, currency="USD"))
    facts = fold(Facts(), orders)
    assert facts.money["EUR"].revenue == 100.0
    assert facts.money["EUR"].orders == 1000
    assert facts.money["USD"].revenue == 5.0


def test_rhythm_counts_days_and_the_gaps_between_them() -> None:
    facts = fold(Facts(), [touch(0), touch(0.5), touch(2), touch(8), touch(1)])
    assert facts.days == 3
    assert facts.rhythm.count == 2
    assert facts.rhythm.mean == 4.0


def test_leaving_stands_until_the_customer_comes_back() -> None:
    left = fold(Facts(), [touch(0), touch(5, Kind.LEAVE)])
    assert left.left_at == day(5)
    assert fold(left, [touch(4)]).left_at == day(5)
    assert fold(left, [touch(6, Kind.CAMPAIGN)]).left_at == day(5)
    assert fold(left, [touch(6)]).left_at == 0.0
    assert fold(Facts(), [touch(0), touch(6), touch(5, Kind.LEAVE)]).left_at == 0.0, "in whatever order it is told"


def test_a_profile_stays_small_however_long_the_history() -> None:
    touches = [
        touch(
            at / 10, kind, message_id=f"{at:016x}", amount=at / 7, currency=f"C{at % 47:02d}", channel="web",
            traits={f"trait {at}": "x" * 120}, feed=Feed(f"feed {at % 20}", at),
        )
        for at, kind in enumerate([*Kind] * 500)
    ]  # fmt: skip
    facts = fold(Facts(), touches)
    assert len(facts.recent) == folding.MAX_RECENT
    assert len(facts.seen) == folding.MAX_SEEN * DIGEST
    assert len(facts.feeds) == folding.MAX_FEEDS
    assert len(facts.money) == folding.MAX_CURRENCIES
    assert len(facts.traits) == folding.MAX_TRAITS
    assert len(msgspec.json.encode(facts)) < 8000


def test_the_last_touches_are_kept_in_the_order_of_time() -> None:
    facts = fold(Facts(), [touch(at) for at in (3, 1, 2, 9, 8, 7, 6, 5, 4)])
    assert [last.at for last in facts.recent] == [day(at) for at in (2, 3, 4, 5, 6, 7, 8, 9)]


def test_a_redelivered_record_is_not_folded_again() -> None:
    profile = Profile("ada", at={3: 10, 4: 2})
    touches = [touch(0, partition=3, offset=10), touch(0, partition=3, offset=11), touch(0, partition=4, offset=3)]
    assert [(t.partition, t.offset) for t in fresh(profile, touches)] == [(3, 11), (4, 3)]


def test_a_resent_message_is_not_folded_again() -> None:
    first = touch(0, message_id="aa", partition=0, offset=1)
    profile = Profile("ada", facts=fold(Facts(), [first]), at={0: 1})
    again, other = touch(0, message_id="aa", partition=0, offset=2), touch(0, message_id="bb", partition=0, offset=3)
    assert fresh(profile, [again, other, touch(1, message_id="bb", partition=0, offset=4)]) == [other]


def test_a_file_replayed_again_is_not_folded_again() -> None:
    rows = [touch(at, feed=Feed("cdnow", at)) for at in range(100)]
    profile = Profile("ada", facts=fold(Facts(), rows))
    assert fresh(profile, rows) == []
    assert fresh(profile, [touch(1, feed=Feed("other", 5))]) != []


def test_a_whole_batch_of_an_sdk_is_known_when_it_comes_again() -> None:
    batch = [touch(0, message_id=f"m{number}", partition=0, offset=number) for number in range(100)]
    profile = Profile("ada", facts=fold(Facts(), batch), at={0: 99})
    again = [touch(0, message_id=f"m{number}", partition=0, offset=100 + number) for number in range(100)]
    assert fresh(profile, again) == []
