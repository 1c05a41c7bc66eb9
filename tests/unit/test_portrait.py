"""A customer at a glance, from what is remembered of them."""

from processors.advance import advance
from processors.fold import fold
from processors.portrait import portrait
from schemas.alert import AlertKind
from schemas.facts import Facts
from schemas.handling import AlertStanding, Handling
from schemas.judgements import Memberships, Place
from schemas.kinds import Kind
from schemas.profile import Profile
from tests.unit.making import POLICY, FixedModels, alert, day, touch, when
from tests.unit.visiting import SOURCES, bought, came


def test_it_shows_who_they_are_what_they_did_and_what_is_expected() -> None:
    touches = [
        touch(0, Kind.DISCOVER),
        touch(1, Kind.PURCHASE, amount=10.5, currency="EUR"),
        touch(2, Kind.PURCHASE, amount=99.0, currency="USD", traits={"plan": "pro"}),
        touch(8, Kind.FEEDBACK, rating=0.9),
    ]
    models = FixedModels(churn=0.4, engagement=3.0, value=20.0, lifetime=310.5)
    profile = advance(Profile("ada"), touches[:3], day(2), models, POLICY).profile
    profile = advance(profile, touches[3:], day(8), models, POLICY).profile
    seen = portrait(profile, ["ada", "anon:a"], [], day(9), POLICY)
    assert (seen.customer, seen.keys, seen.status, seen.profiled) == ("ada", ["ada", "anon:a"], "active", True)
    assert (seen.first_seen, seen.last_seen, seen.last_meaningful) == (when(0), when(8), when(8))
    assert (seen.touchpoints, seen.rating, seen.traits) == (4, 0.9, {"plan": "pro"})
    assert [(each.currency, each.orders, each.revenue) for each in seen.spent] == [("USD", 1, 99.0), ("EUR", 1, 10.5)]
    assert (seen.journey[0].at, seen.journey[0].kind) == (when(8), Kind.FEEDBACK)
    assert len(seen.journey) == 4
    assert seen.journey_stage == Kind.PURCHASE
    assert seen.scores is not None
    assert (seen.scores.churn, seen.scores.engagement, seen.scores.value) == (0.4, 3.0, 20.0)
    assert (seen.scores.lifetime, seen.scores.currency) == (310.5, "USD")
    assert [each.at for each in seen.history] == sorted(each.at for each in seen.history)
    assert all((each.churn, each.engagement, each.value) == (0.4, 3.0, 20.0) for each in seen.history)
    assert seen.history
    assert seen.suggestion is None


def test_it_shows_where_they_came_from_and_when_they_first_bought() -> None:
    log = [came(1, SOURCES[0]), came(2), came(3, SOURCES[2]), bought(4), came(5, SOURCES[3])]
    seen = portrait(Profile("ada", fold(Facts(), log)), ["ada"], [], day(9), POLICY)
    assert [(each.at, each.channel, each.source, each.campaign) for each in seen.visits] == [
        (when(1), "paid search", "google", "brand"), (when(3), "email", "news", "May"),
    ]  # fmt: skip
    assert seen.first_bought == when(4)
    nowhere = portrait(Profile("bob", fold(Facts(), [touch(1)])), ["bob"], [], day(9), POLICY)
    assert (nowhere.visits, nowhere.first_bought) == ([], None)


def test_who_is_gone_has_no_score_and_what_to_do_is_what_stands_open() -> None:
    profile = advance(Profile("ada"), [touch(0)], day(0), FixedModels(), POLICY).profile
    profile = advance(profile, [touch(1, Kind.LEAVE)], day(1), FixedModels(), POLICY).profile
    now = when(2)
    done = AlertStanding(alert=alert(2), handling=Handling(status="resolved")).seen(now)
    left = AlertStanding(alert=alert(1, kind=AlertKind.CUSTOMER_LEFT, suggestion="Ask why.")).seen(now)
    seen = portrait(profile, ["ada"], [done, left], day(2), POLICY)
    assert (seen.status, seen.scores, seen.suggestion) == ("left", None, "Ask why.")
    assert [each.status for each in seen.alerts] == ["resolved", "open"]


def test_it_shows_the_segments_they_stand_in() -> None:
    profile = Profile("ada", fold(Facts(), [touch(1)]))
    own = {"vip": day(4), "found": 0.0, "out": -day(3), "never": -1.0}
    profile.judgements.segments = Memberships(Place("new", day(1), "newcomers"), Place("At risk", day(2), ""), own=own)
    seen = portrait(profile, ["ada"], [], day(9), POLICY).segments
    assert [(each.name, each.by, each.since, each.before) for each in seen] == [
        ("new", "lifecycle", when(1), "newcomers"), ("At risk", "rfm", None, None),
        ("vip", "own", when(4), None), ("found", "own", None, None),
    ]  # fmt: skip
