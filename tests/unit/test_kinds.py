"""Kinds: however an event's name is spelled, it means the same; what users say wins over the defaults."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.kinds import KindRules, normal_name
from schemas.kinds import Kind

RULES = KindRules()


@pytest.mark.parametrize(
    "spelling",
    ["Order Completed", "order_completed", "orderCompleted", "OrderCompleted", "ORDER-COMPLETED", " order  completed "],
)
def test_one_meaning_for_every_spelling(spelling: str) -> None:
    assert RULES.classify("track", spelling) is Kind.PURCHASE


@pytest.mark.parametrize("spelling", ["NPS Submitted", "NPSSubmitted", "nps_submitted", "npsSubmitted"])
def test_abbreviations_are_words_too(spelling: str) -> None:
    assert RULES.classify("track", spelling) is Kind.FEEDBACK


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        ("Products Searched", Kind.DISCOVER),
        ("Checkout Started", Kind.CONSIDER),
        ("Invoice Paid", Kind.PURCHASE),
        ("Email Opened", Kind.ENGAGE),
        ("Support Ticket Created", Kind.SERVICE),
        ("Survey Answered", Kind.FEEDBACK),
        ("Product Shared", Kind.SOCIAL),
        ("Email Sent", Kind.CAMPAIGN),
        ("Order Refunded", Kind.FRICTION),
        ("Account Deleted", Kind.LEAVE),
    ],
)
def test_every_kind_has_events_of_the_common_specs(event: str, kind: Kind) -> None:
    assert RULES.classify("track", event) is kind


def test_an_unknown_event_is_something_the_customer_did() -> None:
    assert RULES.classify("track", "Level 3 Finished") is Kind.ENGAGE


@pytest.mark.parametrize(
    ("type_", "kind"),
    [("page", Kind.DISCOVER), ("screen", Kind.ENGAGE), ("identify", None), ("group", None), ("alias", None)],
)
def test_calls_that_track_nothing_go_by_their_type(type_: str, kind: Kind | None) -> None:
    assert RULES.classify(type_, "Order Completed") is kind


def test_users_overrule_and_extend_the_defaults() -> None:
    rules = KindRules({"Email Opened": Kind.CAMPAIGN, "parcelArrived": Kind.SERVICE})
    assert rules.classify("track", "email_opened") is Kind.CAMPAIGN
    assert rules.classify("track", "Parcel Arrived") is Kind.SERVICE
    assert rules.classify("track", "Order Completed") is Kind.PURCHASE


@given(st.text(max_size=60))
def test_spelling_is_normal_at_once(event: str) -> None:
    assert normal_name(normal_name(event)) == normal_name(event)


def test_millions_of_different_names_do_not_pile_up() -> None:
    rules = KindRules()
    for number in range(20_000):
        rules.classify("track", f"Event {number}")
    assert len(rules._remembered) <= 10_000
    assert rules.classify("track", "Order Completed") is Kind.PURCHASE
