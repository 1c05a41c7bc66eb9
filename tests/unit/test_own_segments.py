"""The user's own segments: who stands in them, since when, what is wrong with them, and the alerts of who enters."""

from collections.abc import Sequence
from typing import Any

import msgspec
import pandas as pd
import pytest

from processors.advance import Step, advance
from processors.models import Heard
from processors.population import Population
from processors.segments.own import SegmentError, definitions
from processors.segments.places import FOUND, OUTSIDE, names
from processors.vocabulary import OF_CUSTOMER
from schemas.alert import Alert, AlertKind
from schemas.consent import Purpose
from schemas.details import Details
from schemas.judgements import Memberships, Place
from schemas.kinds import Kind
from schemas.norms import Norms, RfmBounds
from schemas.policy import Policy
from schemas.profile import Profile
from schemas.segments import Segments
from schemas.touch import Touch
from tests.unit.making import POLICY, FixedModels, day, touch


def policy(segments: dict[str, str], alerts: Sequence[str] = (), **more: Any) -> Policy:
    told = {**POLICY.model_dump(), "segments": segments, "segment_alerts": alerts, **more}
    return Policy.model_validate(told)


def step(profile: Profile, touches: Sequence[Touch], at: float, given: Policy, **models: Any) -> Step:
    return advance(profile, touches, day(at), FixedModels(**{"churn": 0.2, **models}), given)


def own(profile: Profile) -> dict[str, float]:
    held = profile.judgements.segments
    assert held is not None
    return held.own


def order(at: float, amount: float = 60.0) -> Touch:
    return touch(at, Kind.PURCHASE, amount=amount, currency="EUR", message_id=f"order {at}")


VIP = policy({"vip": "revenue > 100 and recency < 5", "fan": "segments.vip and count.purchase > 2"}, ["vip"])


def test_a_customer_enters_and_leaves() -> None:
    profile = step(Profile("ada"), [order(0)], 0, VIP).profile
    assert own(profile) == {"vip": OUTSIDE, "fan": OUTSIDE}
    profile = step(profile, [order(1)], 1, VIP).profile
    assert own(profile) == {"vip": day(1), "fan": OUTSIDE}
    profile = step(profile, [order(2)], 2, VIP).profile
    assert own(profile) == {"vip": day(1), "fan": day(2)}
    # In silence, the next time somebody looks.
    while own(profile)["vip"] > 0:
        profile = step(profile, (), (profile.judgements.timer - day(0)) / 86_400, VIP).profile
    assert own(profile)["vip"] == own(profile)["fan"] <= -day(7)


def test_a_segment_can_be_of_those_who_sound_alike() -> None:
    cross = policy({"cross": "sentiment < 0", "silent": "last_sentiment is none"}, ["cross"])
    before = step(Profile("ada"), [order(0)], 0, cross).profile
    assert own(before) == {"cross": OUTSIDE, "silent": day(0)}
    complained = touch(1, Kind.SERVICE, details=Details(text="The lamp broke again"))
    after = step(before, [complained], 1, cross, heard=Heard("negative", -0.6))
    assert own(after.profile) == {"cross": day(1), "silent": -day(1)}
    assert [(each.kind, each.about) for each in after.alerts] == [(AlertKind.SEGMENT_ENTERED, "cross")]


def test_who_was_in_it_before_it_was_defined_has_not_entered() -> None:
    before = step(Profile("ada"), [order(0), order(0.5)], 1, POLICY).profile
    after = step(before, [order(2)], 2, VIP)
    assert own(after.profile) == {"vip": FOUND, "fan": FOUND}
    assert after.alerts == []
    assert names(after.profile.judgements.segments) == ["new", "vip", "fan"]
    # A newcomer has.
    assert own(step(Profile("eve"), [order(0), order(0.5)], 1, VIP).profile)["vip"] == day(1)


def test_what_names_a_score_waits_until_the_models_are_warm() -> None:
    risky = policy({"risky": "churn_risk > 0.5", "calm": "not segments.risky"})
    profile = step(Profile("ada"), [order(0)], 0, risky, churn=0.9, warm=False).profile
    assert own(profile) == {"calm": day(0)}
    profile = step(profile, [order(1)], 1, risky, churn=0.9).profile
    assert own(profile) == {"risky": FOUND, "calm": -day(1)}
    profile = step(profile, [order(2)], 2, risky, churn=0.1, warm=False).profile
    assert own(profile)["risky"] == FOUND
    assert own(step(profile, [order(3)], 3, risky, churn=0.1).profile) == {"risky": -day(3), "calm": day(3)}


def test_what_is_no_more_is_forgotten_and_nothing_new_is_nothing_new() -> None:
    profile = step(Profile("ada"), [order(0)], 0, VIP).profile
    again = step(profile, [touch(0.1)], 0.1, VIP).profile
    assert again.judgements.segments is profile.judgements.segments
    fewer = policy({"fan": "count.purchase > 2"})
    assert own(step(profile, [touch(0.1)], 0.1, fewer).profile) == {"fan": OUTSIDE}
    assert own(step(profile, [touch(0.1)], 0.1, POLICY).profile) == {}


def test_other_segments_are_words_too() -> None:
    bounds = RfmBounds(True, [1.0, 2.0, 3.0, 4.0], [1.0, 2.0, 3.0, 4.0])
    given = policy({"fresh": 'lifecycle == "new" and rfm == "New customers" and cluster in ("Troubled", "Regulars")'})
    profile = advance(
        Profile("ada"), [order(0)], day(0), FixedModels(cluster="Troubled"), given, norms=Norms(1.0, rfm=bounds)
    ).profile
    assert own(profile) == {"fresh": day(0)}
    assert {"lifecycle", "rfm", "cluster"} <= OF_CUSTOMER.words.keys()


@pytest.mark.parametrize(
    ("segments", "alerts", "says"),
    [
        ({"vip": "revenu > 100"}, (), ["[policy.segments] vip", "did you mean revenue?", "\n    ^"]),
        ({"vip": "segments.vips"}, (), ["no name segments.vips"]),
        ({"vip": "segments.fan", "fan": "segments.vip or orders > 1"}, (), ["in a circle: ", "vip", "fan"]),
        ({"vip": "segments.vip"}, (), ["in a circle: vip > vip"]),
        ({"vip": 'lifecycle == "loyal"'}, (), ["never 'loyal'"]),
        ({"vip": "touch.amount > 3"}, (), ["touch.amount"]),
        ({}, ["At Risk"], ["segment_alerts", "did you mean 'At risk'?"]),
        ({}, ["xxxxxxxxxx"], ["no segment 'xxxxxxxxxx'", "docs/segments.md"]),
    ],
)
def test_what_is_wrong_is_told_with_its_place(segments: dict[str, str], alerts: Sequence[str], says: list[str]) -> None:
    with pytest.raises(SegmentError) as told:
        definitions(policy(segments, alerts))
    assert [each for each in says if each not in str(told.value)] == []


@pytest.mark.parametrize("name", ["active", "newcomers", "Very Important", "x" * 41, ""])
def test_names_that_are_taken_or_odd_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="segments"):
        policy({name: "orders > 1"})


def test_however_they_are_written_they_come_in_the_order_in_which_they_are_asked() -> None:
    given = policy({"c": "segments.b", "b": "segments.a or segments['x-1']", "a": "orders > 0", "x-1": "orders > 9"})
    profile = step(Profile("ada"), [order(0)], 0, given).profile
    assert {name for name, since in own(profile).items() if since >= FOUND} == {"a", "b", "c"}


def told(found: Step) -> list[tuple[str, str | None]]:
    return [(alert.state, alert.about) for alert in found.alerts if alert.kind is AlertKind.SEGMENT_ENTERED]


def test_to_enter_a_watched_segment_is_an_alert_that_closes_with_leaving_it() -> None:
    first = step(Profile("ada"), [order(0)], 0, VIP)
    entered = step(first.profile, [order(1)], 1, VIP)
    (alert,) = entered.alerts
    assert isinstance(alert, Alert)
    assert (alert.summary, alert.segments) == ("ada has entered the segment vip", ["new", "vip"])
    assert told(step(entered.profile, [order(2)], 2, VIP)) == []
    profile, found = entered.profile, list[tuple[str, str | None]]()
    while 0 < profile.judgements.timer < day(9):
        looked = step(profile, (), (profile.judgements.timer - day(0)) / 86_400, VIP)
        profile = looked.profile
        found += told(looked)
    assert (told(first), told(entered), found) == ([], [("opened", "vip")], [("closed", "vip")])
    again = step(profile, [order(12)], 12, VIP)
    assert [(each.state, each.episode) for each in again.alerts if each.about == "vip"] == [("opened", 2)]


def test_stages_rfm_and_clusters_can_be_watched_too() -> None:
    given = policy({}, ["dormant", "new", "Troubled", "At risk"])
    first = step(Profile("ada"), [touch(0)], 0, given, cluster="Troubled")
    # Whoever comes is new, and does at once as others do.
    assert sorted(told(first)) == [("opened", "Troubled"), ("opened", "new")]
    assert next(each for each in first.alerts if each.about == "new").suggestion.startswith("Welcome them")
    profile = step(first.profile, [touch(5)], 5, given, cluster="Regulars").profile
    later = step(profile, (), 15, given)
    assert told(later) == [("closed", "new"), ("opened", "dormant")] or set(told(later)) == {
        ("closed", "new"),
        ("opened", "dormant"),
    }
    assert next(each for each in later.alerts if each.about == "dormant").severity == "warning"


def test_alerts_close_when_nobody_asks_for_them_any_more() -> None:
    entered = step(step(Profile("ada"), [order(0)], 0, VIP).profile, [order(1)], 1, VIP)
    unasked = step(entered.profile, [order(2)], 2, policy(dict(VIP.segments)))
    assert told(unasked) == [("closed", "vip")]
    assert "not watched" in unasked.alerts[0].summary
    refused = step(entered.profile, [touch(2, consent=(Purpose.PROFILING,))], 2, VIP)
    assert told(refused) == [("closed", "vip")]


def test_sizes_and_moves_are_those_of_a_plain_count() -> None:
    stands = {"a": day(90), "b": FOUND, "c": OUTSIDE, "d": -day(95), "e": day(10), "f": -day(10)}
    population = Population(VIP)
    for name, since in stands.items():
        profile = step(Profile(name), [order(99)], 99, VIP).profile
        held = Memberships(Place("new", day(99)), own={"vip": since, "gone": day(99)})
        profile.judgements = msgspec.structs.replace(profile.judgements, segments=held)
        population.add(profile, day(100))
    section = population.told(day(100))["segments"]
    assert isinstance(section, Segments)
    frame = pd.Series(stands)
    vip, fan = (each for each in section.segments if each.by == "own")
    assert (vip.name, vip.customers) == ("vip", int((frame >= 0).sum()))
    assert (vip.entered, vip.departed) == (1, 1)
    assert vip.revenue == {"EUR": 180.0}
    assert (fan.name, fan.customers) == ("fan", 0)


def test_clusters_can_be_turned_off_and_are_of_those_who_are_scored() -> None:
    given = policy({}, (), without=["cluster"])
    assert names(step(Profile("ada"), [touch(0)], 0, given, cluster="Troubled").profile.judgements.segments) == ["new"]
    profile = step(Profile("ada"), [touch(0)], 0, POLICY, cluster="Troubled").profile
    assert names(profile.judgements.segments) == ["new", "Troubled"]
    # Once a day does.
    profile = step(profile, [touch(0.5)], 0.5, POLICY, cluster="Regulars").profile
    assert names(profile.judgements.segments) == ["new", "Troubled"]
    profile = step(profile, [touch(1.5)], 1.5, POLICY, cluster="Regulars").profile
    held = profile.judgements.segments
    assert held is not None
    assert held.cluster == Place("Regulars", day(1.5), "Troubled")
    gone = step(profile, [touch(2, Kind.LEAVE)], 2, POLICY, cluster="Regulars").profile
    assert names(gone.judgements.segments) == ["left"]
