"""The team of the simulated shop: what it is told, it does a day later, and reports; and calls alone keep anybody."""

import json
from datetime import UTC, datetime

from processors.kinds import KindRules
from processors.reading import read
from schemas.alert import Alert
from schemas.details import Details
from schemas.population import ActionsTold, ActionTold
from streams.demo.shop import Shop
from streams.demo.shopper import DAY, Event
from streams.demo.team import Team
from tests.alerting import alert_of

START, TOLD, UNTIL = 1_700_006_400.0, 40, 90


def alerts(shop: Shop, action: str | None, state: str = "opened") -> list[Alert]:
    at = datetime.fromtimestamp(shop.start + TOLD * DAY, UTC)
    customers = [life.customer for life in shop.truth()]
    return [alert_of(customer, state=state, at=at, action=action) for customer in customers]


def lived(action: str | None, state: str = "opened") -> tuple[Shop, Team, list[Event]]:
    """A shop in which this is said to be done about everybody on a day."""
    shop = Shop(100, START, 3)
    team = Team(shop)
    events = team.events_until(shop.start + TOLD * DAY)
    team.hear(alerts(shop, action, state))
    for day in range(TOLD, UNTIL + 1):
        events += team.events_until(shop.start + day * DAY)
    return shop, team, events


def gone(shop: Shop) -> set[str]:
    return {life.customer for life in shop.truth() if life.died_at is not None}


def test_what_is_picked_is_done_a_day_later_and_reported_as_ebbflow_reads_it() -> None:
    shop, _, events = lived("voucher")
    reports = [event for event in events if event.get("event") == "Action Taken"]
    known = [life.customer for life in shop.truth() if life.joined_at <= shop.start + TOLD * DAY]
    assert len(reports) == len({event["messageId"] for event in reports}) == len(known)
    touches = [read(json.dumps(report).encode(), START + UNTIL * DAY, KindRules()) for report in reports]
    assert {touch.customer for touch in touches} == set(known)
    assert all((touch.kind, touch.details) == (None, Details(action="voucher")) for touch in touches)
    assert {touch.at for touch in touches} == {shop.start + (TOLD + 1) * DAY}


def test_nothing_is_done_where_nothing_is_picked_or_an_alert_closes() -> None:
    for given in (("nothing", "opened"), (None, "opened"), ("call", "closed")):
        _, _, events = lived(*given)
        assert not [event for event in events if event.get("event") == "Action Taken"]


def test_calls_keep_who_is_fading_and_vouchers_nobody() -> None:
    (plain, _, lives), (wooed, vouchers, events), (called, calls, _) = (
        lived(each) for each in (None, "voucher", "call")
    )
    assert gone(wooed) == gone(plain)
    assert [event for event in events if event.get("event") != "Action Taken"] == lives
    kept = gone(plain) - gone(called)
    assert len(kept) >= 5
    told = ActionsTold(
        at=datetime(2026, 1, 1, tzinfo=UTC), customers=9, held_out=3, stayed_held_out=0.3,
        actions=[
            ActionTold(action="call", tried=6, reported=6, stayed=0.5, uplift=0.2, low=-0.4, high=0.8, chance=0.5),
            ActionTold(action="voucher", tried=1, reported=1, stayed=0.0, chance=1.0),
        ],
    )  # fmt: skip
    name, words = calls.in_words(told)
    assert name == "actions"
    assert words.endswith("call +20 points (-40 to +80); voucher unknown")
    assert "0 calls kept 0 who were fading; " in vouchers.in_words(None)[1]
    assert vouchers.in_words(None)[1].endswith("nothing yet")
