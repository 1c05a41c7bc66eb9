"""The tracking plan: violations are found, named by the plan's own words, and never repeat what was sent."""

import json
from pathlib import Path
from typing import Any

import pytest

from processors.plan import Checked, Plan, PlanError
from schemas.settings import Settings, SettingsError
from streams.gateway.plan import load_plan

ORDER: dict[str, Any] = {
    "type": "object",
    "required": ["revenue"],
    "properties": {
        "revenue": {"type": "number", "minimum": 0},
        "currency": {"enum": ["EUR", "USD"]},
        "email": {"format": "email"},
        "products": {"type": "array", "items": {"$ref": "#/$defs/product"}},
        "prices": {"type": "object", "additionalProperties": {"type": "number"}},
    },
    "$defs": {"product": {"properties": {"sku": {"type": "string"}}, "required": ["sku"]}},
}
PLAN = Plan(
    {
        "Order Completed.json": ORDER,
        "sign-up.json": {"x-event": "Signed Up/Web", "additionalProperties": False, "properties": {"via": {}}},
        "identify.json": {"required": ["email"], "properties": {"email": {"type": "string"}}},
        "page.json": {"required": ["url"]},
    }
)


def check(**properties: Any) -> Checked:
    found = PLAN.check("track", "Order Completed", {"properties": properties})
    assert found is not None
    return found


def fields(checked: Checked | None) -> list[str]:
    return sorted(violation.field for violation in checked.violations) if checked else ["not planned"]


def test_an_event_as_planned_has_no_violations() -> None:
    found = check(revenue=12.5, currency="EUR", products=[{"sku": "a"}])
    assert (found.event, found.violations, found.present) == ("Order Completed", (), ("currency", "products"))


@pytest.mark.parametrize(
    ("properties", "field"),
    [
        ({}, "properties.revenue"),
        ({"revenue": "12.50"}, "properties.revenue"),
        ({"revenue": -1}, "properties.revenue"),
        ({"revenue": 1, "currency": "euros"}, "properties.currency"),
        ({"revenue": 1, "email": "nobody"}, "properties.email"),
        ({"revenue": 1, "products": [{"sku": "a"}, {"sku": 1}, {}]}, "properties.products.sku"),
        ({"revenue": 1, "prices": {"ada@x.example": "free"}}, "properties.prices.*"),
    ],
)
def test_a_violation_names_the_field(properties: dict[str, Any], field: str) -> None:
    assert fields(check(**properties)) == [field]


def test_what_was_sent_is_not_repeated() -> None:
    found = check(revenue="SECRET", currency="SECRET", email="SECRET", products="SECRET", prices={"SECRET": "SECRET"})
    assert len(found.violations) == 5
    assert "SECRET" not in str(found)
    assert "SECRET" not in str(PLAN.check("track", "Signed Up/Web", {"properties": {"SECRET": "SECRET"}}))


def test_types_and_names_that_no_file_can_have() -> None:
    assert fields(PLAN.check("track", "Signed Up/Web", {"properties": {"more": 1}})) == ["properties"]
    assert fields(PLAN.check("track", "sign-up", {})) == ["not planned"]
    assert fields(PLAN.check("identify", "", {"traits": {"email": 1}})) == ["traits.email"]
    assert fields(PLAN.check("identify", "", {"context": {"traits": {"email": "a"}}})) == []
    assert fields(PLAN.check("identify", "", {"context": {"traits": [1]}})) == ["traits.email"]
    assert fields(PLAN.check("page", "Order Completed", {"properties": {"url": "/"}})) == []
    assert fields(PLAN.check("screen", "", {})) == ["not planned"]
    assert PLAN.optional["Order Completed"] == ("currency", "email", "products", "prices")


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "nmber"}, "bad.json"),
        ({"properties": {"a": {"pattern": "("}}}, "regex"),
        ({"$ref": "https://schemas.example/order.json"}, "elsewhere"),
        ({"$ref": "file:///order.json"}, "elsewhere"),
        ({"$ref": "#/$defs/none"}, "bad.json"),
        ({"x-event": 5}, "x-event"),
        ({"x-event": "Order Completed"}, "another file"),
        ([], "bad.json"),
    ],
)
def test_a_plan_that_cannot_be_kept_is_refused(schema: Any, words: str) -> None:
    with pytest.raises(PlanError, match=words) as caught:
        Plan({"Order Completed.json": ORDER, "bad.json": schema})
    assert "bad.json" in str(caught.value)


def test_a_plan_is_read_from_its_folder(tmp_path: Path) -> None:
    (tmp_path / "Order Completed.json").write_text(json.dumps(ORDER))
    (tmp_path / "README.md").write_text("ours")
    plan = load_plan(Settings(plan=str(tmp_path)))
    assert plan is not None
    assert fields(plan.check("track", "Order Completed", {})) == ["properties.revenue"]
    assert load_plan(Settings()) is None


def test_a_folder_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    settings = Settings(plan=str(tmp_path))
    with pytest.raises(SettingsError, match=r"holds no file"):
        load_plan(settings)
    with pytest.raises(SettingsError, match="no folder"):
        load_plan(Settings(plan=str(tmp_path / "gone")))
    for text in ("{", '{"type": 5}', "\udcff"):
        (tmp_path / "Bad One.json").write_bytes(text.encode(errors="surrogateescape"))
        with pytest.raises(SettingsError, match=r"Bad One\.json"):
            load_plan(settings)
