"""Reading: a record becomes a touch, or is refused with a reason; nothing else ever happens."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from processors.decoding import MAX_BYTES, UnreadableError, decode, parse
from processors.kinds import KindRules
from processors.reading import FUTURE_TOLERANCE, MAX_TRAITS, read
from schemas.facts import Facts
from schemas.kinds import Kind
from schemas.rejected import RejectionCode
from schemas.touch import Touch

RULES = KindRules()
NOON = 1_767_614_400.0
"""2026-01-05 12:00 UTC."""


def wire(**fields: Any) -> bytes:
    return json.dumps({"type": "track", "userId": "ada", "event": "Order Completed", **fields}).encode()


def reading(**fields: Any) -> Touch:
    return read(wire(**fields), NOON, RULES)


def refusal(raw: bytes) -> tuple[RejectionCode, str]:
    with pytest.raises(UnreadableError) as caught:
        read(raw, NOON, RULES)
    return caught.value.rejection.code, caught.value.rejection.where


def test_an_order_becomes_a_purchase_with_its_money() -> None:
    touch = reading(
        messageId="m1",
        timestamp="2026-01-05T11:00:00Z",
        properties={"revenue": "49.90", "currency": "eur"},
        context={"channel": "web"},
    )
    assert (touch.customer, touch.name, touch.kind) == ("ada", "Order Completed", Kind.PURCHASE)
    assert (touch.at, touch.amount, touch.currency, touch.channel) == (NOON - 3600, 49.9, "EUR", "web")
    assert touch.digest


def test_money_counts_only_where_something_was_bought() -> None:
    assert reading(event="Checkout Started", properties={"revenue": 10}).amount is None


def test_a_survey_becomes_a_rating() -> None:
    assert reading(event="NPS Submitted", properties={"score": 3}).rating == 0.3


@pytest.mark.parametrize(
    ("fields", "channel"),
    [
        ({}, "server"),
        ({"context": {"page": {"url": "https://shop.example"}}}, "web"),
        ({"context": {"device": {"type": "ios"}}}, "mobile"),
        ({"context": {"channel": "Phone"}}, "phone"),
        ({"context": {"channel": "carrier pigeon"}}, "server"),
        ({"type": "page"}, "web"),
        ({"type": "screen"}, "mobile"),
    ],
)
def test_the_channel_is_said_or_told_by_the_library(fields: dict, channel: str) -> None:
    assert reading(**fields).channel == channel


def test_the_same_message_has_the_same_digest_and_another_has_another() -> None:
    assert reading(messageId="m1").digest == reading(messageId="m1", event="x").digest != reading(messageId="m2").digest
    assert reading().digest == b""


def test_without_a_date_it_happened_when_it_was_received() -> None:
    assert reading().at == NOON


def test_a_clock_a_little_ahead_is_forgiven_and_one_far_ahead_is_not() -> None:
    assert reading(timestamp=NOON + FUTURE_TOLERANCE).at == NOON
    assert refusal(wire(timestamp=NOON + FUTURE_TOLERANCE + 1)) == (RejectionCode.IN_THE_FUTURE, "timestamp")
    assert refusal(wire(timestamp="9999-12-31T23:59:59-14:00")) == (RejectionCode.IN_THE_FUTURE, "timestamp")


def test_traits_are_taken_from_the_call_and_else_from_its_context() -> None:
    assert reading(type="identify", traits={"plan": "pro"}).traits == {"plan": "pro"}
    assert reading(context={"traits": {"plan": "free"}}).traits == {"plan": "free"}
    assert reading(traits={"address": {"city": "Rome"}}).traits is None


@given(
    st.dictionaries(
        st.text(max_size=300),
        st.text(max_size=300)
        | st.booleans()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.integers(-(10**400), 10**400),
        max_size=20,
    )
)
@example({"visits": 10**4000})
def test_traits_are_bounded_and_fit_into_a_profile(traits: dict) -> None:
    kept = read(msgspec.json.encode({"type": "identify", "userId": "ada", "traits": traits}), NOON, RULES).traits or {}
    assert len(kept) <= MAX_TRAITS
    assert all(len(name) <= 120 and len(str(value)) <= 120 for name, value in kept.items())
    stored = msgspec.json.encode(Facts(traits=kept))
    assert msgspec.json.decode(stored, type=Facts).traits == kept


@pytest.mark.parametrize(
    ("raw", "code", "where"),
    [
        (b"", RejectionCode.NOT_JSON, ""),
        (b"hello", RejectionCode.NOT_JSON, ""),
        (b'{"type":"track"', RejectionCode.NOT_JSON, ""),
        (wire(properties={"revenue": float("nan")}), RejectionCode.NOT_JSON, ""),
        (wire(properties={"revenue": float("inf")}), RejectionCode.NOT_JSON, ""),
        (wire(event="\ud800"), RejectionCode.NOT_JSON, ""),
        (b'{"type":"track","userId":"\xff"}', RejectionCode.NOT_JSON, ""),
        (b'{"a":1e999}', RejectionCode.NOT_JSON, ""),
        (b'{"a":' + b"9" * 5000 + b"}", RejectionCode.NOT_JSON, ""),
        (b"[]", RejectionCode.NOT_AN_OBJECT, ""),
        (b"null", RejectionCode.NOT_AN_OBJECT, ""),
        (b'"track"', RejectionCode.NOT_AN_OBJECT, ""),
        (wire(properties={"note": "x" * MAX_BYTES}), RejectionCode.TOO_LARGE, ""),
        (b'{"a":' * 17 + b"1" + b"}" * 17, RejectionCode.TOO_DEEP, ""),
        (b"[" * 10_000 + b"]" * 10_000, RejectionCode.TOO_DEEP, ""),
        (b'{"properties":' + b"[" * 10_000, RejectionCode.TOO_DEEP, ""),
        (wire(type="purchase"), RejectionCode.INVALID, "type"),
        (wire(userId=None), RejectionCode.INVALID, ""),
        (wire(userId={"id": 1}), RejectionCode.INVALID, "userId"),
        (wire(properties=[]), RejectionCode.INVALID, "properties"),
        (wire(timestamp="soon"), RejectionCode.INVALID, "timestamp"),
    ],
)
def test_what_cannot_be_read_says_why_and_where(raw: bytes, code: RejectionCode, where: str) -> None:
    assert refusal(raw) == (code, where)


def test_sixteen_levels_are_enough_for_anybody() -> None:
    deep: Any = 1
    for _ in range(15):
        deep = {"in": deep}
    assert parse(json.dumps(deep).encode())
    assert decode(wire(properties=deep["in"])).properties


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=20,
)
FIELDS = ["type", "event", "userId", "anonymousId", "timestamp", "properties", "context", "traits", "messageId", "name"]
EVENTS = st.fixed_dictionaries(
    {"type": st.sampled_from(["track", "identify", "page"]) | JSON},
    optional={name: JSON | st.sampled_from(["ada", "x", 1]) for name in FIELDS[1:]},
)


@given(st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()) | EVENTS.map(json.dumps))
def test_anything_is_read_or_refused_and_always_alike(raw: bytes | str) -> None:
    raw = raw if isinstance(raw, bytes) else raw.encode()
    outcomes = []
    for _ in range(2):
        try:
            outcomes.append(read(raw, NOON, RULES))
        except UnreadableError as error:
            outcomes.append(error.rejection)
    assert outcomes[0] == outcomes[1]
    assert 0 <= outcomes[0].at <= NOON if isinstance(outcomes[0], Touch) else outcomes[0].message
