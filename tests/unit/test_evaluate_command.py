"""`ebbflow evaluate`: a log in; a table, predictions and a report out; and a clear word when that cannot be."""

import csv
import os
import random
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from streams.cli import app

BEGIN = datetime(2025, 1, 1, tzinfo=UTC)
COLUMNS = ("--customer", "who", "--time", "when")
SPANS = ("--horizon", "30d", "--activity", "60d", "--every", "30d", "--first", "45d")
TOOL = Path(__file__).parents[3] / "shared" / "tools" / "snapshot_auc.py"
PNG = b"\x89PNG\r\n"


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["evaluate", *map(str, arguments)], env={"COLUMNS": "120"})


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight months of 120 customers; the frequent ones stay. Whom a mail was sent to did not come back by that."""
    chance = random.Random(5)
    rows = [(0.0, "007", "order", 10.0), (30.0, "120", "mail", 0.0)]
    for number in range(1, 121):
        every = chance.choice((5, 40))
        at = chance.uniform(0, 30)
        gone = at + chance.expovariate(1 / (200 if every == 5 else 60))
        while at < min(gone, 240):
            rows.append((at, f"{number:03}", "order", round(chance.uniform(1, 99), 2)))
            rows.append((at + 1, f"{number:03}", "mail", 0.0))
            at += chance.expovariate(1 / every)
    path = tmp_path_factory.mktemp("log") / "shop.csv"
    written(path, sorted(rows))
    return path


def written(path: Path, rows: Sequence[tuple[float, str, str, float]]) -> Path:
    with path.open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(("who", "when", "what", "paid"))
        for at, who, what, paid in rows:
            out.writerow((who, (BEGIN + timedelta(days=at)).replace(tzinfo=None).isoformat(), what, paid))
    return path


def test_a_table_predictions_and_a_report(log: Path, tmp_path: Path) -> None:
    out, report = tmp_path / "new" / "out.csv", tmp_path / "report"
    options = ("--event", "what", "--meaningful", "order", "--revenue", "paid")
    result = run(log, *COLUMNS, *options, *SPANS, "--predictions", out, "--report", report)
    assert result.exit_code == 0, result.output
    for word in ("2025-02-15 *", "2025-05-16 ", "mean AUC", "log loss", "Brier", "interval holds", "expected,"):
        assert word in result.output

    rows = list(csv.DictReader(out.open()))
    assert list(rows[0]) == ["customer_id", "as_of", "churn_risk"]
    assert {len(row["customer_id"]) for row in rows} == {3}, "ids are as in the file, zeros and all"
    assert {row["as_of"] for row in rows} == {
        (BEGIN + timedelta(days=day)).date().isoformat() for day in range(45, 210, 30)
    }
    assert all(0 <= float(row["churn_risk"]) <= 1 for row in rows)

    pictures = sorted(path.name for path in report.glob("*.png"))
    assert pictures == ["auc.png", "calibration.png", "lift.png"]
    assert all((report / name).read_bytes().startswith(PNG) for name in pictures)
    page = (report / "report.html").read_text()
    assert page.count("data:image/png;base64,") == 3
    assert page.count('alt="') == 3
    assert "2025-05-16" in page
    assert "http" not in page, "the page needs nothing from elsewhere"

    if not TOOL.exists():
        pytest.skip("the tool that scores predictions does not lie beside the clone")
    protocol = ("--activity", "60", "--horizon", "30", "--every", "30", "--first", "45", "--time", "when")
    columns = ("--customer", "who", "--event", "what", "--meaningful", "order")
    scored = subprocess.run(
        [sys.executable, TOOL, log, out, *protocol, *columns], capture_output=True, text=True, timeout=60, check=True,
        env={**os.environ, "TZ": "UTC"},
    ).stdout.splitlines()[-1]  # fmt: skip
    words = scored.replace("|", "").split()
    auc, frequency, recency = (words[words.index(name) + 1] for name in ("model", "-frequency", "recency"))
    assert f"{auc} (minus frequency {frequency}, recency {recency})" in result.output
    assert f"log loss:                         {words[words.index('loss') + 1]}" in result.output


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--event", "what", "--event-name", "order", *SPANS), "either --event COLUMN or --event-name NAME"),
        (SPANS, "either --event COLUMN or --event-name NAME"),
        (("--event", "kind", *SPANS), "--event kind: no such column; the file has who, when, what, paid"),
        (
            ("--event", "what", "--meaningful", "order,sale", *SPANS),
            "--meaningful sale: no such event; the log has mail, order",
        ),
        (("--event-name", "Email Sent", *SPANS), "no event in the log is meaningful"),
        (("--event", "what", *SPANS, "--first", "300d"), "has to span more than 390"),
        (("--event", "what", *SPANS, "--horizon", "a month"), "'a month' is not a duration"),
        (("--event", "what", *SPANS, "--horizon", "0d"), "longer than nothing"),
        (("--event", "what", *SPANS, "--every", "12h"), "whole days"),
    ],
)
def test_mistakes_are_named(log: Path, options: Sequence[str], message: str) -> None:
    result = run(log, *COLUMNS, *options)
    assert result.exit_code != 0
    assert message in " ".join(result.output.replace("│", " ").split())


def test_rows_that_cannot_be_read_are_counted_and_shown(log: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.csv"
    broken.write_text(log.read_text() + "008,yesterday,order,5\n" * 12)
    result = run(broken, *COLUMNS, "--event", "what", "--meaningful", "sale", *SPANS)
    assert "12 rows of broken.csv refused" in result.output
    assert "'yesterday' is no date" in result.output
    assert "and 2 more" in result.output


def test_a_report_without_matplotlib_says_what_to_install(
    log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    result = run(log, *COLUMNS, "--event", "what", *SPANS, "--report", tmp_path)
    assert result.exit_code == 1
    assert "pip install 'ebbflow[evaluate]'" in result.output
