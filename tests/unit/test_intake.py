"""Intake: whatever is told, what the rules remove and what customers refuse comes out nowhere."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from processors.decoding import UnreadableError
from processors.plan import Plan
from schemas.rejected import Rejection, RejectionCode
from schemas.settings import Settings
from streams.gateway.dialect import Told, Unread
from streams.gateway.erased import Erased
from streams.gateway.intake import MAX_TOLD, Intake, Taken
from streams.store.erased import digest_of

NOON = 1_767_614_400.0
SECRET, ADDRESS = "SECRET", "203.0.113.195"
PLAN = Plan({"x.json": {"required": ["a"], "properties": {"a": {"enum": [1, 2]}, "card": {"type": "integer"}}}})
SETTINGS = Settings(
    drop_fields="context.userAgent,properties.card,properties.products.code",
    hash_fields="traits.email,properties.a",
    hash_key="a key of some length",
    plan_mode="reject",
)
STRICT = Intake(SETTINGS, PLAN, Erased(SETTINGS))
BROKEN = Rejection(code=RejectionCode.INVALID, message="")


def out(taken: Taken) -> bytes:
    return b"".join([accepted.value for accepted in taken.accepted] + [refused.original for refused in taken.refused])


harmless = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)
secret = st.just(SECRET) | st.lists(st.just(SECRET)) | st.dictionaries(st.sampled_from("abc"), st.just(SECRET))
traits = st.fixed_dictionaries({}, optional={"email": secret, "plan": harmless, "ip": st.just(ADDRESS)}) | harmless
consent = st.sampled_from([{}, {"categoryPreferences": {"Analytics": False}}, {"categoryPreferences": {"Ads": 1}}])
events = st.fixed_dictionaries(
    {"type": st.sampled_from(["track", "identify", "page"]) | harmless, "userId": st.just("ada") | harmless},
    optional={
        "event": st.just("x") | harmless,
        "timestamp": st.just("2026-01-05") | harmless,
        "messageId": harmless,
        "ip": st.just(ADDRESS),
        "traits": traits,
        "context": st.fixed_dictionaries(
            {},
            optional={
                "userAgent": secret,
                "ip": st.just(ADDRESS) | harmless,
                "traits": traits,
                "consent": consent | harmless,
                "library": harmless,
            },
        )
        | harmless,
        "properties": st.fixed_dictionaries(
            {},
            optional={
                "a": secret | st.just(1),
                "card": secret,
                "$ip": st.just(ADDRESS),
                "products": st.lists(st.fixed_dictionaries({"code": secret, "n": harmless}) | harmless, max_size=2),
            },
        )
        | harmless,
    },
)


def remembering(*customers: str) -> Erased:
    """Who was erased, without asking Redis."""
    erased = Erased(SETTINGS)
    erased._digests = frozenset(map(digest_of, customers))
    return erased


@pytest.mark.parametrize(
    ("found", "is_in"),
    [
        ({"odd": [{"deep": ["ada"]}]}, True),
        ([" visitor "], True),
        ({"userId": 7}, True),
        ("ada", True),
        ({"ada": "eve", "note": "ada was here"}, False),
        ([None, True, 7.5, "anon", ""], False),
    ],
)
def test_an_erased_id_is_found_anywhere_in_what_is_not_understood(found: object, is_in: bool) -> None:
    erased = remembering("ada", "anon:visitor", "7")
    assert erased.is_in(found) is is_in
    taken = Intake(SETTINGS, None, erased).take([Unread(BROKEN, msgspec.json.encode(found))], NOON)
    assert (len(taken.withheld), len(taken.refused)) == ((1, 0) if is_in else (0, 1))
    assert not Erased(SETTINGS).is_in(found), "of nobody, while nobody was erased"


@effort(max_examples=500)
@given(events)
def test_no_secret_comes_out_whatever_else_is_told(event: dict[str, Any]) -> None:
    raw = msgspec.json.encode(event)
    told = STRICT.take([Told(event, raw), Told(msgspec.json.decode(raw), raw, NOON)], NOON)
    assert len(told.accepted) + len(told.refused) + len(told.withheld) == 2
    unread = STRICT.take([Unread(BROKEN, raw), Unread(BROKEN, b"[" + raw + b"]"), Unread(BROKEN, raw[:-1])], NOON)
    assert len(unread.refused) + len(unread.withheld) == 3
    for found in (out(told), b"".join(refused.original for refused in unread.refused if refused.index < 2)):
        assert SECRET.encode() not in found
        assert ADDRESS.encode() not in found
    assert all(SECRET not in refused.rejection.message for refused in [*told.refused, *unread.refused])
    context = event.get("context")
    if isinstance(context, dict) and context.get("consent") == {"categoryPreferences": {"Analytics": False}}:
        assert (len(told.withheld), len(unread.withheld)) == (2, 1)


def test_what_was_refused_is_kept_as_it_came_unless_a_rule_is_about_it() -> None:
    kept, changed = b'{ "type":"track", "b" : 1 }', b'{ "type":"track", "ip" : "203.0.113.195" }'
    originals = [
        refused.original
        for raw in (kept, changed)
        for refused in STRICT.take([Told(msgspec.json.decode(raw), raw), Unread(BROKEN, raw)], NOON).refused
    ]
    assert originals == [kept, kept] + [b'{"type":"track","ip":"203.0.113.0"}'] * 2


def test_what_cannot_be_parsed_is_kept_as_it_came() -> None:
    odd = [b"", b"{", b"\xff", b"[" * 100_000, b'{"a":' * 3_000 + b"1" + b"}" * 3_000]
    taken = STRICT.take([Unread(BROKEN, raw) for raw in odd], NOON)
    assert [refused.original for refused in taken.refused] == odd


def test_every_event_is_observed_once() -> None:
    good = {"type": "track", "event": "x", "userId": "ada", "properties": {"a": 1}}
    events = [good, {**good, "properties": {}}, {**good, "userId": "null"}, {**good, "event": "y"}]
    taken = STRICT.take([Told(dict(event), b"{}") for event in events], NOON)
    marks = taken.observed.marks
    assert [(mark, marks.count(mark)) for mark in (("accepted",), ("unplanned",), ("planned", "x"))] == [
        (("accepted",), 2),
        (("unplanned",), 1),
        (("planned", "x"), 2),
    ]
    assert (marks.count(("rejected", "off_plan")), marks.count(("rejected", "invalid"))) == (1, 1)


@pytest.mark.parametrize("customer", ["ada", None])
def test_what_a_batch_says_for_all_its_events_is_bounded_with_them(customer: str | None) -> None:
    shared = {"note": "x" * 30_000, "ip": ADDRESS}
    event = {"type": "track", "event": "y", "userId": customer, "context": shared}
    few, many = MAX_TOLD // 31_000, MAX_TOLD // 30_000 + 1
    taken = STRICT.take([Told(dict(event), b"{}") for _ in range(few)], NOON)
    assert len(taken.accepted) + len(taken.refused) == few
    with pytest.raises(UnreadableError) as error:
        STRICT.take([Told(dict(event), b"{}") for _ in range(many)], NOON)
    assert error.value.rejection.code is RejectionCode.TOO_LARGE
