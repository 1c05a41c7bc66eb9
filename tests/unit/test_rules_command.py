"""`ebbflow rules` and `ebbflow settings`: what the person who writes rules is told."""

import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from streams.cli import app, main

GOOD = """
[rules.big-order]
when = 'touch.kind == "purchase" and touch.amount > 500'
[rules.let-down]
when = "lately.service >= 2 and churn_risk > 0.5"
until = "status in ('lost', 'left')"
hold = "2h"
severity = "critical"
"""
WRONG = """
[rules.let-down]
when = '''
lately.service >= 2
  and churn_rsk > 0.5
'''
"""


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith("EBBFLOW_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path


def said(*words: str) -> str:
    return CliRunner().invoke(app, list(words), catch_exceptions=False).output


def refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: str) -> str:
    monkeypatch.setattr("sys.argv", ["ebbflow", *words])
    with pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == 1
    return capsys.readouterr().err


def test_rules_are_listed_and_found_good(directory: Path) -> None:
    (directory / "ebbflow.toml").write_text(GOOD)
    assert said("rules", "check") == "All can be followed: big-order, let-down.\n"
    lines = [[cell.strip() for cell in line.split("│")[1:-1]] for line in said("rules", "list").split("\n")]
    assert [
        "let-down",
        "lately.service >= 2 and churn_risk > 0.5",
        "status in ('lost', 'left')",
        "2h",
        "14d",
        "critical",
    ] in lines
    assert any(line[:1] == ["big-order"] and line[2] == "the cool-down is over" for line in lines)
    assert 'touch.kind == "purchase"' in said("settings")


def test_without_rules_it_says_how_to_make_one() -> None:
    assert "[rules.NAME]" in said("rules", "check")
    assert "[rules.NAME]" in said("rules", "list")
    assert "[rules.NAME]" in said("settings")


def test_a_mistake_is_shown_with_a_caret(
    directory: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (directory / "ebbflow.toml").write_text(WRONG)
    assert refused(monkeypatch, capsys, "rules", "check").split("\n")[:3] == [
        "ebbflow: a rule is wrong: [rules.let-down] when: there is no name churn_rsk: did you mean churn_risk?",
        "      and churn_rsk > 0.5",
        "          ^",
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[rules.x]\nwen = 'orders > 1'", "[rules.x] wen: "),
        (
            "[rules.x]\nwhen = 'orders > 1'\nsummary = '{name} is here'",
            "the only thing that can stand in braces is {customer}",
        ),
        ("[rules.x]\nwhen = 'orders > 1'\nhold = '2'", "[rules.x] hold: '2' is not a duration"),
        ("[rules.'Big Order']\nwhen = 'orders > 1'", "[rules.Big Order]"),
    ],
)
def test_a_setting_of_a_rule_that_is_wrong_is_named_as_it_stands_in_the_file(
    directory: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], text: str, words: str
) -> None:
    (directory / "ebbflow.toml").write_text(text)
    assert words in refused(monkeypatch, capsys, "rules", "check")


LOG = """who,at,what,paid
ada,2026-01-05T10:00:00Z,Order Completed,600
ada,2026-01-06T10:00:00Z,Order Completed,20
bob,2026-01-20T10:00:00Z,Order Completed,700
bob,2026-01-20T10:05:00Z,Ticket Created,
bob,2026-01-20T10:06:00Z,Ticket Created,
"""
READ_AS = ("--customer", "who", "--time", "at", "--event", "what", "--revenue", "paid")


def test_rules_are_tried_on_a_file(directory: Path) -> None:
    (directory / "ebbflow.toml").write_text(GOOD + "[rules.helped]\nwhen = 'count.service >= 2'\n")
    (directory / "log.csv").write_text(LOG)
    told = said("rules", "test", "log.csv", *READ_AS)
    cells = [[cell.strip() for cell in line.split("│")[1:-1]] for line in told.split("\n")]
    assert ["big-order", "2", "2"] in cells
    assert ["let-down", "0", "0"] in cells
    assert ["2026-01-20 10:06", "helped", "bob matches the rule helped"] in cells
    assert "these rules were not asked: let-down" in told
    late = said("rules", "test", "log.csv", *READ_AS, "--since", "1d", "--rule", "big-order", "--show", "0")
    assert "bob" not in late
    assert "big-order │      1 │         1" in late
    assert "helped" not in late


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("log.csv",), "--customer COLUMN"),
        (("log.csv", *READ_AS, "--rule", "bigorder"), "there is no rule bigorder"),
        (("log.csv", *READ_AS, "--since", "1"), "is not a duration"),
    ],
)
def test_what_cannot_be_tried_is_told(directory: Path, words: tuple[str, ...], complaint: str) -> None:
    (directory / "ebbflow.toml").write_text(GOOD)
    (directory / "log.csv").write_text(LOG)
    assert complaint in " ".join(said("rules", "test", *words).replace("│", " ").split())
