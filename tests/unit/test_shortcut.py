"""The short way reads as the long way does, or leaves it to the long way."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.decoding import UnreadableError, decode
from processors.kinds import KindRules
from processors.reading import touch_of
from processors.shortcut import shortcut
from schemas.touch import Feed, Touch

RULES = KindRules()
NOON = 1_767_614_400.0
"""2026-01-05 12:00 UTC."""
FEED = Feed("orders.csv", 7)


def short(raw: bytes) -> Touch | None:
    return shortcut(raw, NOON, RULES, 3, 14, FEED)


def long(raw: bytes) -> Touch | None:
    try:
        return touch_of(decode(raw), NOON, RULES, 3, 14, FEED)
    except UnreadableError:
        return None


USUAL: dict[str, dict[str, Any]] = {
    "browser": {
        "type": "page",
        "name": "Benches",
        "anonymousId": "7b1c",
        "userId": None,
        "messageId": "ajs-1",
        "timestamp": "2026-01-05T11:59:58.123Z",
        "properties": {"url": "https://shop.example/"},
        "context": {"page": {"url": "https://shop.example/"}, "library": {"name": "analytics.js"}},
    },
    "server": {
        "type": "track",
        "event": "Order Completed",
        "userId": "ada",
        "messageId": "m1",
        "timestamp": "2026-01-05T11:59:58.123456+00:00",
        "properties": {"revenue": "49.90", "currency": "eur", "products": [{"sku": "s1"}, {"sku": "s2"}]},
        "context": {"channel": "Web"},
        "integrations": {},
    },
    "survey": {"type": "track", "event": "NPS Submitted", "userId": "böb", "properties": {"score": 9}},
    "app": {"type": "screen", "anonymousId": "9", "context": {"device": {"type": "ios"}, "app": None}},
}


@pytest.mark.parametrize("name", USUAL)
def test_what_common_clients_send_goes_the_short_way(name: str) -> None:
    raw = json.dumps(USUAL[name]).encode()
    assert short(raw) is not None
    assert short(raw) == long(raw)


text = st.one_of(
    st.sampled_from(["", " ", "ada", " ada ", "null", "-1", "000", "0-0", "\x1cada", "é", "Order Completed", "NPS"]),
    st.sampled_from(["x" * 256, "x" * 257, "undefined", "\u200b", "Order\u00a0Completed\u00a0", "Product Reviewed"]),
    st.text(max_size=5),
)  # fmt: skip
anything = st.one_of(
    text, st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.just({}), st.just([1])
)
times = st.one_of(
    st.sampled_from(
        [
            "2026-01-05T11:59:58Z", "2026-01-05T11:59:58.1Z", "2026-01-05T11:59:58.123456789Z", "2026-01-05T12:00:01Z",
            "2026-01-05T13:00:00+02:00", "2026-01-05T13:00:00+23:59", "2026-01-05T13:00:00+24:00", "2026-01-05",
            "2026-W02-1T00:00:00Z", "20260105T115958Z", "2026-01-05 11:59:58", "1970-01-01T12:00:00Z",
            "2026-02-30T00:00:00Z", "2026-01-05T23:59:60Z", "2026-01-05T11:59:58.0005Z", "1767610000",
            "0001-01-01T00:00:00+23:00", "2027-01-01T00:00:00Z",
        ]
    ),
    st.datetimes().map(lambda at: at.isoformat() + "Z"),
    anything,
)  # fmt: skip
origins = st.fixed_dictionaries(
    {},
    optional={
        "source": text,
        "medium": st.sampled_from(["cpc", "email", "Social", 7]),
        "url": st.sampled_from(["https://shop.example/?utm_source=a&utm_medium=cpc", "https://[bad", "?gclid=1", 3]),
        "referrer": st.sampled_from(["https://www.google.com/", "https://shop.example/x", "https://a.example", 3]),
    },
)
events = st.sampled_from(
    [
        "Action Taken", "Marketing Spend", "NPS Submitted", "Survey Sent", "Ticket Created", "Deep Link Opened",
        "Install Attributed", "Email Link Clicked",
    ]
)  # fmt: skip
bags = st.one_of(
    st.dictionaries(
        st.sampled_from(
            [
                "revenue", "total", "currency", "score", "rating", "channel", "page", "device", "app", "traits",
                "consent", "campaign", "referrer", "text", "comment", "action", "source", "survey", "url",
                "referring_application",
            ]
        ),
        anything | st.just({"categoryPreferences": {"Advertising": False}}) | origins,
        max_size=4,
    ),
    anything,
)  # fmt: skip
records = st.fixed_dictionaries(
    {},
    optional={
        "type": st.one_of(st.sampled_from(["track", "page", "screen", "identify", "group", "alias"]), anything),
        "event": text | events,
        "name": anything,
        "userId": text,
        "anonymousId": anything,
        "messageId": anything,
        "timestamp": times,
        "properties": bags,
        "context": bags,
        "traits": bags,
        "previousId": anything,
        "groupId": anything,
        "user_id": anything,
        "message_id": anything,
    },
)


@settings(max_examples=800)
@given(records)
def test_whatever_is_sent_both_ways_agree(record: dict[str, Any]) -> None:
    raw = json.dumps(record).encode()
    assert (found := short(raw)) is None or found == long(raw)


@settings(max_examples=800)
@given(st.sampled_from(list(USUAL)), st.data())
def test_a_damaged_record_is_none_to_both(name: str, data: st.DataObject) -> None:
    raw = bytearray(json.dumps(USUAL[name], ensure_ascii=False).encode())
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(raw) - 1))
        if data.draw(st.booleans()):
            raw[place] = data.draw(st.integers(0, 255))
        else:
            del raw[place]
    assert (found := short(bytes(raw))) is None or found == long(bytes(raw))


def test_a_number_nobody_can_hold_matters_only_where_somebody_looks() -> None:
    raw = b'{"type": "track", "userId": "ada", "event": "%s", "properties": {"revenue": 1e999}}'
    assert short(raw % b"Product Viewed") is not None
    assert short(raw % b"Order Completed") is None
