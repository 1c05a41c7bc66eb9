"""Measures: the money of an order and the answer of a survey, as they really come."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.measures import money_of, number_of, rating_of

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@pytest.mark.parametrize(
    ("properties", "money"),
    [
        ({"revenue": 12.5, "currency": "EUR"}, (12.5, "EUR")),
        ({"revenue": "12.50", "currency": " eur "}, (12.5, "EUR")),
        ({"revenue": 10, "total": 12}, (10.0, "")),
        ({"total": 12}, (12.0, "")),
        ({"value": 3}, (3.0, "")),
        ({"revenue": None, "total": "7"}, (7.0, "")),
        ({"revenue": 5, "currency": "euros"}, (5.0, "")),
        ({"revenue": 5, "currency": 978}, (5.0, "")),
        ({}, (None, "")),
    ],
)
def test_money_by_the_first_property_that_has_it(properties: dict, money: tuple) -> None:
    assert money_of(properties) == money


@pytest.mark.parametrize("value", [True, None, [], {}, "", "12,50", "1_000", "nan", "inf", 1e13, 10**400, "abc"])
def test_what_is_no_amount_is_none(value: object) -> None:
    assert number_of(value) is None


@given(ANYTHING)
def test_a_number_is_finite_whatever_came(value: object) -> None:
    number = number_of(value)
    assert number is None or (math.isfinite(number) and abs(number) <= 1e12)


@pytest.mark.parametrize(
    ("event", "properties", "rating"),
    [
        ("NPS Submitted", {"score": 9}, 0.9),
        ("nps_submitted", {"score": "0"}, 0.0),
        ("CSAT Submitted", {"score": 5}, 1.0),
        ("CSAT Submitted", {"score": 1}, 0.0),
        ("CES Submitted", {"score": 4}, 0.5),
        ("Product Reviewed", {"rating": 3}, 0.5),
        ("Survey Answered", {"survey": "nps", "answer": 10}, 1.0),
        ("Survey Answered", {"survey_type": "CSAT", "score": 3}, 0.5),
        ("Survey Answered", {"score": 10}, 1.0),
        ("Survey Answered", {"score": 70, "scale": 100}, 0.7),
    ],
)
def test_an_answer_on_the_scale_of_its_survey(event: str, properties: dict, rating: float) -> None:
    assert rating_of(event, properties) == rating


def test_a_survey_about_services_is_not_a_customer_effort_score() -> None:
    assert rating_of("Survey Answered", {"survey": "Service and success", "score": 9}) == 0.9


@pytest.mark.parametrize(
    ("event", "properties"),
    [("NPS Submitted", {"score": 11}), ("CSAT Submitted", {"score": 0}), ("NPS Submitted", {}), ("Rating Given", {})],
)
def test_an_answer_off_its_scale_is_none(event: str, properties: dict) -> None:
    assert rating_of(event, properties) is None


@given(st.dictionaries(st.sampled_from(["score", "rating", "answer", "scale", "survey", "survey_type"]), ANYTHING))
def test_a_rating_is_a_share_whatever_came(properties: dict) -> None:
    rating = rating_of("Survey Answered", properties)
    assert rating is None or 0.0 <= rating <= 1.0
