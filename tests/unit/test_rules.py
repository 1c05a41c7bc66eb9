"""Every rule is tried where it speaks and where it does not, and every alarm says what to do about it."""

import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
RUNBOOKS = ROOT / "docs" / "runbooks.md"


def read(name: str) -> Any:
    return YAML(typ="safe").load((ROOT / "dashboards" / name).read_text())


RULES = [rule for group in read("rules.yml")["groups"] for rule in group["rules"]]
ALARMS = {rule["alert"]: rule for rule in RULES if "alert" in rule}
TESTS = read("rules_test.yml")["tests"]
TRIED = [each for test in TESTS for each in test.get("alert_rule_test", ())]


@pytest.mark.parametrize("name", ALARMS)
def test_alarm_is_tried_firing_and_not(name: str) -> None:
    fired = {bool(each.get("exp_alerts")) for each in TRIED if each["alertname"] == name}
    assert fired == {True, False}


def test_figures_are_tried() -> None:
    asked = " ".join(each["expr"] for test in TESTS for each in test.get("promql_expr_test", ()))
    recorded = {rule["record"] for rule in RULES if "record" in rule}
    assert {name for name in recorded if name not in asked} == set()


@pytest.mark.parametrize("name", ALARMS)
def test_alarm_says_what_it_is_and_what_to_do(name: str) -> None:
    alarm = ALARMS[name]
    assert alarm["labels"]["severity"] in ("info", "warning", "critical")
    assert all(len(alarm["annotations"][part]) > 20 for part in ("summary", "description"))
    file, anchor = alarm["annotations"]["runbook_url"].split("#")
    assert ROOT / file == RUNBOOKS
    assert anchor == name.lower()


def test_each_alarm_has_a_runbook_and_each_runbook_an_alarm() -> None:
    sections = re.split(r"^## ", RUNBOOKS.read_text(), flags=re.MULTILINE)[1:]
    assert {section.split("\n")[0] for section in sections} == set(ALARMS)
    for section in sections:
        assert all(f"**{part}**" in section for part in ("What it means.", "How to look.", "What to do."))
