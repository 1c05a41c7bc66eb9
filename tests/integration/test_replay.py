"""Replay by the command line into a running worker: exact, resumable, and the same when it is done again."""

import random
from datetime import date, timedelta
from pathlib import Path

import msgspec
import pytest
from redis import Redis

from schemas.alert import Alert
from schemas.outcome import Outcome
from schemas.settings import Settings
from tests.harness import records_of, wait_until
from tests.integration.working import ebbflow, folded, profiles_of, running_worker

pytestmark = pytest.mark.integration

ROWS = 1000
OPTIONS = ("--customer", "who", "--time", "when", "--event-name", "Order Completed", "--revenue", "paid")


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    """Orders of a year by 200 customers, most of whom stop at some time; sorted by customer, not by time."""
    chance, path, rows = random.Random(3), tmp_path / "orders.csv", []
    while len(rows) < ROWS:
        who, day = f"c{len(rows):05d}", chance.randrange(200)
        while chance.random() < 0.9 and day < 365 and len(rows) < ROWS:
            rows.append(f"{who},{date(2025, 1, 1) + timedelta(days=day)},{chance.randrange(100, 9999) / 100:.2f}")
            day += chance.randrange(40)
    path.write_text("who,when,paid\n" + "\n".join(rows) + "\n")
    return path


def replay(settings: Settings, file: Path, *options: str) -> str:
    done = ebbflow(settings, "replay", str(file), *OPTIONS, *options)
    assert done.returncode == 0, done.stderr
    return done.stdout


def cents(file: Path) -> int:
    return sum(round(float(line.rsplit(",", 1)[1]) * 100) for line in file.read_text().splitlines()[1:])


def test_a_replay_is_exact_and_a_second_one_changes_nothing(settings: Settings, orders: Path, tmp_path: Path) -> None:
    with running_worker(settings, tmp_path / "worker.log"):
        assert f"{ROWS} touchpoints published" in replay(settings, orders)
        wait_until(lambda: folded(settings) == ROWS, within=90)
        first = profiles_of(settings)
        assert "replayed before" in replay(settings, orders)
        replay(settings, orders, "--again")
        # Published last on every partition, so that the repeated rows before it have been read.
        marks = tmp_path / "marks.csv"
        marks.write_text("who,when,paid\n" + "".join(f"mark{n},2026-01-01,1\n" for n in range(40)))
        replay(settings, marks)
        wait_until(lambda: sum(c.startswith("mark") for c in profiles_of(settings)) == 40, within=90)
        second = {c: p for c, p in profiles_of(settings).items() if not c.startswith("mark")}
    assert sum(p.facts.money[""].orders for p in first.values()) == ROWS
    assert round(100 * sum(p.facts.money[""].revenue for p in first.values())) == cents(orders)
    assert {c: msgspec.json.encode(p.facts) for c, p in first.items()} == {
        c: msgspec.json.encode(p.facts) for c, p in second.items()
    }
    outcomes = [Outcome.model_validate_json(record.value) for record in records_of(settings, "outcomes")]
    assert {outcome.churned for outcome in outcomes} == {True, False}
    for record in records_of(settings, "alerts"):
        Alert.model_validate_json(record.value)


def test_a_replay_resumes_where_it_stopped(settings: Settings, orders: Path) -> None:
    replay(settings, orders)
    progress = Redis.from_url(settings.redis_url)
    (key,) = progress.keys(settings.keyspace("replay:*"))
    assert int(progress.get(key) or 0) == ROWS
    progress.set(key, ROWS - 500)
    said = replay(settings, orders)
    assert f"Resuming after row {ROWS - 500} of {ROWS}" in said
    assert "500 touchpoints published" in said
    assert len(records_of(settings, "touchpoints")) == ROWS + 500


def test_refused_rows_are_reported_and_kept(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    file.write_text("who,when,paid\nada,2025-01-01,1\nada,whenever,1\n")
    said = replay(settings, file)
    assert "1 touchpoints published, 1 rows refused" in said
    assert "line 3" in said
    (record,) = records_of(settings, "rejected")
    assert b"whenever" in record.value


def test_a_mistake_in_the_options_is_one_clear_line(settings: Settings, orders: Path) -> None:
    done = ebbflow(settings, "replay", str(orders), *OPTIONS[2:], "--customer", "nobody")
    assert done.returncode == 1
    assert done.stderr.strip() == "ebbflow: --customer nobody: no such column; the file has who, when, paid"


def test_rows_that_are_all_refused_are_kept_too(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    file.write_text("who,when,paid\nada,whenever,1\n,2025-01-01,1\n")
    assert "0 touchpoints published, 2 rows refused" in replay(settings, file)
    assert len(records_of(settings, "rejected")) == 2
