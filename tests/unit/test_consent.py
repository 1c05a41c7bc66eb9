"""Consent: a refusal is found however a site spells its categories, and is never taken for a consent."""

import json
from typing import Any

import pytest

from processors.consent import ConsentRules, is_withheld, may_profile
from processors.kinds import KindRules
from processors.reading import read
from schemas.consent import Purpose

A, P = Purpose.ANALYTICS, Purpose.PROFILING
NOON = 1_767_614_400.0


def refused(own: dict[str, Any] | None = None, **preferences: Any) -> tuple[Purpose, ...] | None:
    return ConsentRules(own).refused({"consent": {"categoryPreferences": preferences}})


@pytest.mark.parametrize(
    ("preferences", "found"),
    [
        ({"Advertising": True, "Analytics": True, "Functional": False}, ()),
        ({"Advertising": False, "Analytics": True}, (P,)),
        ({"Advertising": True, "Analytics": False}, (A,)),
        ({"Advertising": False, "Analytics": False}, (A, P)),
        ({"C0001": True, "C0002": False, "C0004": False}, (A, P)),
        ({"ad_personalization": "denied", "analytics_storage": "granted"}, (P,)),
        ({"analytics": "false"}, (A,)),
        ({"Marketing": True, "Personalization": False}, (P,)),
        ({"marketing": 1}, ()),
    ],
)
def test_categories_say_which_purposes_are_refused(
    preferences: dict[str, Any], found: tuple[Purpose, ...] | None
) -> None:
    assert refused(**preferences) == found


@pytest.mark.parametrize("preferences", [{}, {"Functional": False}, {"Analytics": True}, {"Advertising": "maybe"}])
def test_what_says_nothing_of_profiling_changes_nothing(preferences: dict[str, Any]) -> None:
    assert refused(**preferences) is None


@pytest.mark.parametrize(
    "context", [None, {}, {"consent": None}, {"consent": []}, {"consent": {"categoryPreferences": 1}}]
)
def test_odd_consent_says_nothing(context: Any) -> None:
    assert ConsentRules().refused(context) is None


def test_a_sites_own_categories_come_first() -> None:
    own = {"Offers & News": "profiling", "advertising": "none"}
    assert refused(own, **{"Offers & News": False, "Advertising": True}) == (P,)
    assert refused(own, Advertising=False) is None


def test_what_a_refusal_means() -> None:
    assert [is_withheld(each) for each in (None, (), (P,), (A,), (A, P))] == [False, False, False, True, True]
    assert [may_profile(each) for each in ((), (A,), (P,))] == [True, True, False]


@pytest.mark.parametrize("preferences", [{"Advertising": False}, {"Advertising": True}, {"Analytics": False}, {}])
def test_a_touch_carries_it(preferences: dict[str, bool]) -> None:
    event = {
        "type": "track",
        "event": "x",
        "userId": "ada",
        "context": {"consent": {"categoryPreferences": preferences}},
    }
    assert read(json.dumps(event).encode(), NOON, KindRules()).consent == refused(**preferences)
    own = {"Analytics": Purpose.PROFILING, "Advertising": "none"}
    touch = read(json.dumps(event).encode(), NOON, KindRules(), consent=ConsentRules(own))
    assert touch.consent == refused(own, **preferences)
