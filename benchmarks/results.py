"""What a benchmark found: a table for the reader, and rows in `results.csv` for the history."""

import csv
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from benchmarks.machine import describe

HISTORY = Path(__file__).with_name("results.csv")
_WIDE = 110
"""Characters of a table that goes to a file."""
_COLUMNS = ("date", "commit", "benchmark", "variant", "metric", "value", "unit", "calibration")


class Finding(NamedTuple):
    """One figure. A `variant` is what was measured, among those that the benchmark compares."""

    variant: str
    metric: str
    value: float
    unit: str


def report(
    benchmark: str, table: Table, findings: Sequence[Finding], calibration: float, notes: Sequence[str] = ()
) -> None:
    """Print the table with the machine and its speed (see `machine.calibrate`), and add the findings to the history."""
    console = Console()
    if not console.is_terminal:
        console.width = _WIDE
    console.print(table)
    for note in (*notes, describe(), f"calibration: summing 20 million integers took {calibration:.2f} CPU seconds"):
        console.print(note, highlight=False)
    date, commit = datetime.now(UTC).isoformat(timespec="seconds"), _commit()
    new = not HISTORY.exists()
    with HISTORY.open("a", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        if new:
            rows.writerow(_COLUMNS)
        for variant, metric, value, unit in findings:
            rows.writerow((date, commit, benchmark, variant, metric, f"{value:.6g}", unit, f"{calibration:.3f}"))


def _commit() -> str:
    """The commit measured, with a plus when the tree differs from it."""
    try:
        return _git("rev-parse", "--short", "HEAD") + ("+" if _git("status", "--porcelain", "-uno") else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def _git(*arguments: str) -> str:
    here = Path(__file__).parent
    return subprocess.run(["git", *arguments], cwd=here, capture_output=True, text=True, check=True).stdout.strip()
