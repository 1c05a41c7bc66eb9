"""Field rules: what they remove is gone wherever it stands, and nothing else is touched."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.privacy import FieldRules, truncated
from schemas.fields import paths_of
from schemas.settings import SettingsError, load_settings

KEY = "a key of some length"


def rules(dropped: str = "", hashed: str = "", ip: Any = "keep") -> FieldRules:
    return FieldRules(ip, paths_of(dropped), paths_of(hashed), KEY)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.195", "203.0.113.0"),
        (" 203.0.113.195 ", "203.0.113.0"),
        ("2001:db8:1234:5678:9abc::1", "2001:db8:1234::"),
        ("2001:DB8:1234:ffff::", "2001:db8:1234::"),
        ("::ffff:203.0.113.195", "203.0.113.0"),
        ("2002:cb00:71c3::1", "203.0.113.0"),
        ("fe80::1%eth0", "fe80::"),
        ("::1", "::"),
    ],
)
def test_an_address_is_truncated_to_its_network(address: str, network: str) -> None:
    assert truncated(address) == network
    assert truncated(network) == network


@pytest.mark.parametrize("place", ["ip", "$ip", "context.ip", "properties.$ip", "properties.ip", "context.traits.ip"])
def test_addresses_are_found_where_clients_put_them(place: str) -> None:
    assert at(rules(ip="truncate").apply(event_with(place, "203.0.113.195")), place) == "203.0.113.0"
    assert at(rules(ip="drop").apply(event_with(place, "203.0.113.195")), place) is None
    assert at(rules(ip="keep").apply(event_with(place, "203.0.113.195")), place) == "203.0.113.195"


@pytest.mark.parametrize(
    "odd", ["203.0.113.195, 10.0.0.1", "203.0.113.195:8080", "me", 3_405_803_971, ["203.0.113.195"]]
)
def test_what_cannot_be_truncated_is_left_out(odd: object) -> None:
    assert rules(ip="truncate").apply({"context": {"ip": odd, "locale": "de"}}) == {"context": {"locale": "de"}}


def test_fields_are_dropped_and_hashed_by_path() -> None:
    event = {
        "userId": "ada",
        "traits": {"email": "ada@x.example", "plan": "pro"},
        "context": {"traits": {"email": "ada@x.example"}, "userAgent": "Mozilla"},
        "properties": {"card": 4111, "email": "other@x.example", "products": [{"code": "a", "n": 1}, {"n": 2}, 3]},
    }
    before = copy.deepcopy(event)
    found = rules("context.userAgent,properties.products.n", "traits.email, properties.card").apply(event)
    assert event == before
    digest = found["traits"]["email"]
    assert len(digest) == 64
    assert found["context"] == {"traits": {"email": digest}}
    assert found["traits"]["plan"] == "pro"
    assert found["properties"]["email"] == "other@x.example"
    assert found["properties"]["products"] == [{"code": "a"}, {}, 3]
    assert "4111" not in json.dumps(found)


def test_a_hash_is_known_again_by_those_with_the_key_alone() -> None:
    def hashed(value: object, key: str = KEY) -> object:
        return FieldRules("keep", (), [("traits", "email")], key).apply({"traits": {"email": value}})["traits"]["email"]

    assert hashed("ada@x.example") == hashed("ada@x.example") != hashed("bob@x.example")
    assert hashed("ada@x.example") != hashed("ada@x.example", "another key entirely")
    assert hashed({"a": 1, "b": [2]}) == hashed({"b": [2], "a": 1})
    assert (hashed(None), hashed("")) == (None, "")


def test_what_several_rules_name_is_left_out_first() -> None:
    assert rules("context.ip", "context.ip", "truncate").apply({"context": {"ip": "203.0.113.195"}}) == {"context": {}}
    assert len(rules("", "context.ip", "truncate").apply({"context": {"ip": "203.0.113.195"}})["context"]["ip"]) == 64


def test_events_that_share_a_context_are_hashed_once_each() -> None:
    context = {"traits": {"email": "ada@x.example"}}
    first, second = (rules("", "traits.email").apply({"context": context}) for _ in range(2))
    assert first == second


def test_an_event_that_no_rule_is_about_is_the_very_same() -> None:
    event = {"userId": "ada", "context": {"ip": "203.0.113.0", "page": {}}, "properties": {"a": None}}
    assert rules("traits.phone,properties.b.c,properties.a.b", "properties.c", "truncate").apply(event) is event


def test_what_was_not_understood_loses_fields_of_that_name_anywhere() -> None:
    found = {"data": [{"$set": {"email": "ada@x.example"}, "$ip": "203.0.113.195", "n": [[{"card": 4111}]]}], "a": 1}
    assert rules("properties.card", "traits.email", "truncate").apply_anywhere(found)
    assert found["a"] == 1
    assert found["data"][0]["$ip"] == "203.0.113.0"
    assert found["data"][0]["n"] == [[{}]]
    assert len(found["data"][0]["$set"]["email"]) == 64
    assert not rules("properties.card").apply_anywhere({"b": [1, {"c": 2}]})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just("SECRET"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["email", "ip", "traits", "context", "a"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["traits", "context", "properties", "ip"]), JSON))
def test_whatever_is_sent_its_rules_are_kept_and_nothing_breaks(event: dict[str, Any]) -> None:
    before = copy.deepcopy(event)
    found = rules("properties.a", "traits.email", "truncate").apply(event)
    assert event == before
    for traits in (found.get("traits"), (found.get("context") or {}).get("traits") if is_bag(found) else None):
        if isinstance(traits, dict):
            assert "SECRET" not in json.dumps(traits.get("email"))
    properties = found.get("properties")
    assert not (isinstance(properties, dict) and "a" in properties)


def is_bag(event: dict[str, Any]) -> bool:
    return isinstance(event.get("context"), dict)


def event_with(place: str, value: object) -> dict[str, Any]:
    event: Any = value
    for name in reversed(place.split(".")):
        event = {name: event}
    return event  # type: ignore[no-any-return]


def at(event: Any, place: str) -> Any:
    for name in place.split("."):
        event = event.get(name)
    return event


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("DROP_FIELDS", "traits..email", "not a path"),
        ("DROP_FIELDS", "userId", "lives by"),
        ("HASH_FIELDS", "user_id", "lives by"),
        ("HASH_FIELDS", "context", "name a field inside"),
        ("DROP_FIELDS", "context.consent", "consent stays"),
        ("HASH_FIELDS", "traits.email", "EBBFLOW_HASH_KEY"),
        ("IP", "shorten", "truncate"),
        ("CONSENT", '{"Ads": "selling"}', "profiling"),
        ("PLAN_MODE", "strict", "reject"),
    ],
)
def test_a_rule_that_cannot_be_kept_is_refused(
    name: str, value: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"EBBFLOW_{name}", value)
    with pytest.raises(SettingsError, match=words):
        load_settings()
