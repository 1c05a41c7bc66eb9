"""`ebbflow demo` as a newcomer runs it: `pytest --demo tests/acceptance`."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.harness import wait_until

pytestmark = [pytest.mark.demo, pytest.mark.timeout(300)]

COMMAND = [sys.executable, "-m", "streams.cli", "demo", "--plain"]


def children_of(log: Path) -> list[int]:
    """The processes that still have the demo's mark in their environment."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if f"DEMO_UNDER_TEST={log}".encode() in (process / "environ").read_bytes():
                found.append(int(process.name))
        except OSError:
            continue
    return found


@contextmanager
def running_demo(log: Path, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    environment = {**os.environ, "DEMO_UNDER_TEST": str(log), "COLUMNS": "200"}
    with (
        log.open("wb") as output,
        subprocess.Popen([*COMMAND, *options], env=environment, stdout=output, stderr=subprocess.STDOUT) as demo,
    ):
        try:
            yield demo
        finally:
            demo.kill()


def test_a_minute_of_it_raises_alerts_that_are_right(tmp_path: Path) -> None:
    log = tmp_path / "demo.log"
    with running_demo(log, "--duration", "60s") as demo:
        assert demo.wait(200) == 0, log.read_text()
    said = " ".join(log.read_text().split())
    published, folded = re.search(r"touchpoints ([\d,]+) published, ([\d,]+) folded", said).groups()
    churn, rising = map(int, re.search(r"(\d+) churn.risk, (\d+) engagement.rising", said).groups())
    right, base = map(
        int, re.search(r"churn alerts (\d+)% of .*?of all active customers .*? it was (\d+)%", said).groups()
    )
    assert published == folded
    assert churn >= 50
    assert rising >= 20
    assert "every one a valid Alert" in said
    assert right > base + 20
    assert re.search(r"prequential AUC the model 0\.\d+, recency 0\.\d+, minus frequency 0\.\d+", said)
    assert children_of(log) == []


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_in_order_when_it_is_asked_to(tmp_path: Path, sent: signal.Signals) -> None:
    log = tmp_path / "demo.log"
    with running_demo(log) as demo:
        wait_until(lambda: b"touchpoints (" in log.read_bytes(), within=90)
        assert len(children_of(log)) >= 5
        demo.send_signal(sent)
        assert demo.wait(60) == 0, log.read_text()
    assert b"Against the truth" in log.read_bytes()
    assert children_of(log) == []


def test_nothing_survives_when_it_is_killed(tmp_path: Path) -> None:
    log = tmp_path / "demo.log"
    with running_demo(log) as demo:
        wait_until(lambda: b"touchpoints (" in log.read_bytes(), within=90)
        assert len(children_of(log)) >= 5
        demo.kill()
    wait_until(lambda: children_of(log) == [])
