"""A touchpoint: who it belongs to, and what is refused because it belongs to nobody."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from schemas.touchpoint import Touchpoint, is_nonsense_id


def touchpoint(**fields: Any) -> Touchpoint:
    return Touchpoint.model_validate({"type": "identify", **fields})


@pytest.mark.parametrize(
    ("fields", "customer"),
    [
        ({"userId": "ada"}, "ada"),
        ({"userId": " ada "}, "ada"),
        ({"userId": 42}, "42"),
        ({"userId": "ada", "anonymousId": "v1"}, "ada"),
        ({"anonymousId": "v1"}, "anon:v1"),
        ({"userId": None, "anonymousId": "v1"}, "anon:v1"),
        ({"userId": "ada", "anonymousId": None}, "ada"),
        ({"userId": "ada", "anonymousId": "null"}, "ada"),
    ],
)
def test_the_customer_is_the_user_and_else_the_visitor(fields: dict, customer: str) -> None:
    assert touchpoint(**fields).customer == customer


NONSENSE = [
    *("", "null", "NULL", "undefined", "None", "nil", "NaN", "anonymous", "unknown", "guest", "true", "false", "-1"),
    *("0", "000", "00000000-0000-0000-0000-000000000000", "[object Object]", "\x00", "\u200b", " \t "),
]


@pytest.mark.parametrize("value", NONSENSE)
def test_nonsense_is_no_id(value: str) -> None:
    assert is_nonsense_id(value)
    for field in ("userId", "anonymousId"):
        with pytest.raises(ValidationError, match="is not an id"):
            touchpoint(**{field: value})


@given(st.uuids().map(str) | st.emails() | st.integers(min_value=1).map(str) | st.just("用户"))
def test_what_systems_really_use_is_an_id(value: str) -> None:
    assert not is_nonsense_id(value) or set(value) <= {"0", "-"}


@pytest.mark.parametrize("fields", [{}, {"userId": None}, {"userId": []}, {"userId": True}, {"userId": "x" * 257}])
def test_without_an_id_it_belongs_to_nobody(fields: dict) -> None:
    with pytest.raises(ValidationError):
        touchpoint(**fields)


def test_track_needs_to_say_what() -> None:
    with pytest.raises(ValidationError, match="event name"):
        touchpoint(type="track", userId="ada")
    assert touchpoint(type="track", userId="ada", event="Order Completed").event == "Order Completed"


@pytest.mark.parametrize("type_", ["Track", "purchase", "", None, 1, {}])
def test_types_are_those_of_segments_spec(type_: object) -> None:
    with pytest.raises(ValidationError):
        touchpoint(type=type_, userId="ada")


@pytest.mark.parametrize(
    "said", ["2026-01-05T12:00:00Z", "2026-01-05T12:00:00", "2026-01-05T13:00:00+01:00", 1767614400, 1767614400000]
)
def test_dates_are_utc_unless_they_say_otherwise(said: object) -> None:
    assert touchpoint(userId="ada", timestamp=said).timestamp == datetime(2026, 1, 5, 12, tzinfo=UTC)


@pytest.mark.parametrize("said", ["yesterday", "", "2026-02-30T00:00:00Z", "1969-12-31T23:59:59Z", True, [], 1e300])
def test_dates_that_are_none_are_refused(said: object) -> None:
    with pytest.raises(ValidationError):
        touchpoint(userId="ada", timestamp=said)


def test_what_other_clients_add_is_ignored() -> None:
    assert touchpoint(userId="ada", integrations={"All": False}, channel="x", _metadata={}).customer == "ada"
