"""The simulated shop: reproducible, in order, readable by Ebbflow, and silent about its secrets."""

import json
from collections import Counter
from datetime import datetime
from itertools import pairwise

import pytest

from processors.decoding import decode
from schemas.touchpoint import Touchpoint
from streams.demo.shop import MARKETING, Shop
from streams.demo.shopper import DAY, Event, Life

START = 1_700_000_000.0
DAYS = 90


def lived(seed: int = 1, customers: int = 200) -> tuple[Shop, list[Event]]:
    shop = Shop(customers, START, seed)
    return shop, shop.events_until(shop.start + DAYS * DAY)


@pytest.fixture(scope="module")
def shop_and_events() -> tuple[Shop, list[Event]]:
    return lived()


@pytest.fixture(scope="module")
def events(shop_and_events: tuple[Shop, list[Event]]) -> list[Event]:
    return shop_and_events[1]


@pytest.fixture(scope="module")
def lived_events(events: list[Event]) -> list[Event]:
    """What customers live: all but what the shop reports of its own spending."""
    return [event for event in events if event.get("userId") != MARKETING]


@pytest.fixture(scope="module")
def lives(shop_and_events: tuple[Shop, list[Event]]) -> dict[str, Life]:
    return {life.customer: life for life in shop_and_events[0].truth()}


def at(event: Event) -> float:
    return datetime.fromisoformat(event["timestamp"]).timestamp()


def customer(event: Event) -> str:
    return Touchpoint.model_validate(event).customer


def test_the_same_seed_is_the_same_shop_however_it_is_asked(events: list[Event]) -> None:
    shop = Shop(200, START, 1)
    # Steps that meet neither midnights nor each other.
    often = [event for step in range(1, DAYS * 3 + 1) for event in shop.events_until(shop.start + step * DAY / 3)]
    assert often == events
    assert lived(seed=2)[1] != events


def test_touchpoints_come_in_order_and_never_from_the_future() -> None:
    shop = Shop(200, START, 1)
    last = shop.start
    for step in range(1, 100):
        now = shop.start + step * 0.17 * DAY
        times = [at(event) for event in shop.events_until(now)]
        assert times == sorted(times)
        assert all(last - 0.001 <= time <= now for time in times)
        last = now


def test_every_touchpoint_can_be_read_and_has_an_id_of_its_own(events: list[Event]) -> None:
    for event in events:
        decode(json.dumps(event).encode())
    assert len({event["messageId"] for event in events}) == len(events)


def test_the_shop_shows_the_whole_life_of_a_business(events: list[Event]) -> None:
    seen = Counter(event.get("event", event["type"]) for event in events)
    for name in (
        "identify", "page", "screen", "Signed Up", "Product Viewed", "Order Completed", "Payment Failed",
        "Delivery Delayed", "Order Refunded", "Support Ticket Created", "Survey Sent", "NPS Submitted",
        "Product Added", "Checkout Started", "Product Reviewed", "Ticket Solved", "Marketing Spend",
        "Email Delivered", "Email Opened", "Account Deleted",
    ):  # fmt: skip
        assert seen[name], name
    assert any("anonymousId" in event for event in events)
    assert max(Counter(event["userId"] for event in events if event["type"] == "identify").values()) == 1


def test_nothing_hidden_is_told(lived_events: list[Event]) -> None:
    told = {key for event in lived_events for key in (*event, *event.get("properties", {}), *event.get("traits", {}))}
    assert told == {
        "messageId", "userId", "anonymousId", "type", "event", "name", "timestamp", "properties", "context", "traits",
        "path", "product", "price", "orderId", "revenue", "currency", "score", "survey", "subject", "campaign",
        "plan", "country", "value", "rating", "text",
    }  # fmt: skip


def test_the_gone_do_nothing_by_choice_but_still_get_mail(lived_events: list[Event], lives: dict[str, Life]) -> None:
    by_others = {
        "Ticket Solved",
        "Email Delivered",
        "Survey Sent",
        "Delivery Delayed",
        "Order Refunded",
        "Account Deleted",
    }
    afterwards = {
        event.get("event", event["type"])
        for event in lived_events
        if (died := lives[customer(event)].died_at) is not None and at(event) >= died
    }
    assert "Email Delivered" in afterwards
    assert afterwards <= by_others
    assert all(life.died_at is None or max(life.touched, default=0.0) < life.died_at for life in lives.values())


def test_people_come_and_go(lives: dict[str, Life], lived_events: list[Event]) -> None:
    alive = [life for life in lives.values() if life.died_at is None]
    newcomers = [life for life in lives.values() if life.joined_at > lives["customer-1"].joined_at + 60 * DAY]
    assert len(lives) > 250
    assert 100 < len(alive) < 300
    assert newcomers
    assert {customer(event) for event in lived_events} <= lives.keys()


def test_an_interest_that_warms_up_means_more_visits(lives: dict[str, Life]) -> None:
    start = START - START % DAY
    warm_days = usual_days = warm = usual = 0.0
    for life in lives.values():
        begun, ended = max(life.joined_at, start), life.died_at or start + DAYS * DAY
        spans = [(max(begin, begun), min(end, ended)) for begin, end in life.warm if min(end, ended) > begun]
        if not spans:
            continue
        inside = sum(begin <= time < end for time in life.touched for begin, end in spans)
        days = sum(end - begin for begin, end in spans) / DAY
        warm, warm_days = warm + inside, warm_days + days
        usual, usual_days = usual + len(life.touched) - inside, usual_days + (ended - begun) / DAY - days
    assert warm / warm_days > 2.0 * usual / usual_days


def test_trouble_makes_people_leave() -> None:
    shop, events = lived(seed=3, customers=600)
    lives = {life.customer: life for life in shop.truth()}
    horizon, end = 21 * DAY, shop.start + DAYS * DAY

    def gone_soon_after(*names: str) -> float:
        fates = [
            died is not None and died <= at(event) + horizon
            for event in events
            if event.get("event") in names and at(event) + horizon <= end
            for died in [lives[customer(event)].died_at]
            if died is None or died > at(event)
        ]
        return sum(fates) / len(fates)

    trouble = gone_soon_after("Payment Failed", "Delivery Delayed", "Order Refunded")
    assert trouble > 1.5 * gone_soon_after("Order Completed")


def test_a_shop_needs_customers() -> None:
    with pytest.raises(ValueError, match="at least one"):
        Shop(0, START, 1)


def test_lives_are_told_in_order(lives: dict[str, Life]) -> None:
    for life in lives.values():
        assert all(earlier <= later for earlier, later in pairwise(life.touched))
        assert all(begin < end for begin, end in life.warm)
