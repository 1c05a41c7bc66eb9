"""Rates: a burst may come at once, then so many a second, and each key for itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.gateway.rates import BURST, Rates
from streams.gateway.refusal import Refusal


class Hand:
    """A clock that stands still until it is moved."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def wait_of(rates: Rates, key: str, touchpoints: int) -> int:
    """How long the key is asked to wait; 0 if it is not."""
    try:
        rates.spend(key, touchpoints)
    except Refusal as refusal:
        return int(refusal.headers["Retry-After"])
    return 0


def test_a_burst_then_so_many_a_second_and_each_key_for_itself() -> None:
    hand = Hand()
    rates = Rates(2, hand)
    assert wait_of(rates, "web", round(2 * BURST)) == 0
    assert wait_of(rates, "web", 1) == 1
    assert wait_of(rates, "ios", 1) == 0
    assert wait_of(rates, "web", 5) == 3
    hand.now += 0.5
    assert wait_of(rates, "web", 1) == 0
    assert wait_of(rates, "web", 1) == 1


def test_a_batch_larger_than_a_burst_is_made_up_for() -> None:
    hand = Hand()
    rates = Rates(10, hand)
    assert wait_of(rates, "web", 1000) == 0
    assert wait_of(rates, "web", 1) == 91
    hand.now += 91
    assert wait_of(rates, "web", 1) == 0


def test_no_limit_is_none() -> None:
    assert all(wait_of(Rates(0), "web", 1_000_000) == 0 for _ in range(10))


@given(
    st.floats(0.01, 1000),
    st.lists(st.tuples(st.floats(0, 100), st.integers(0, 2500), st.booleans()), max_size=30),
)
def test_who_waits_as_long_as_asked_gets_through_and_nobody_gets_more(
    rate: float, sent: list[tuple[float, int, bool]]
) -> None:
    hand = Hand()
    rates, began, passed, largest = Rates(rate, hand), hand.now, 0, 0
    for pause, touchpoints, came_to_nothing in sent:
        hand.now += pause
        if wait := wait_of(rates, "web", touchpoints):
            hand.now += wait
            assert wait_of(rates, "web", touchpoints) == 0
        if came_to_nothing:
            hand.now += pause
            rates.give_back("web", touchpoints)
            continue
        passed, largest = passed + touchpoints, max(largest, touchpoints)
        assert passed <= rate * (hand.now - began) + max(rate * BURST, 1) + largest + 1e-6 * passed + 1


def test_a_refusal_costs_nothing() -> None:
    rates = Rates(1, Hand())
    rates.spend("web", 10)
    for _ in range(100):
        with pytest.raises(Refusal) as caught:
            rates.spend("web", 1)
        assert caught.value.status == 429


def test_what_came_to_nothing_is_given_back() -> None:
    hand = Hand()
    rates = Rates(2, hand)
    rates.spend("web", 4)
    for _ in range(100):
        rates.spend("web", 16)
        hand.now += 0.01
        rates.give_back("web", 16)
    assert wait_of(rates, "web", 18) == 0
    assert wait_of(rates, "web", 1) == 1
    rates.give_back("web", 18)
    hand.now += 1000
    assert wait_of(rates, "web", round(2 * BURST)) == 0
    assert wait_of(rates, "web", 1) == 1, "never more than a burst"
