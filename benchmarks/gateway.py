"""What one gateway process takes in, acknowledged by the broker, beside the same handler throwing the events away.

    python -m benchmarks.gateway [--seconds N] [--runs N] [--kafka BROKER]

Single events over 32 connections, and batches of 100 over 8, each connection sending again when it was answered. The
load comes from another process (`benchmarks.load`) on the same machine, which has its share in the rates; CPU seconds
are the gateway's alone. The variants take turns, and the table shows medians.
"""

import json
import subprocess
import sys
from argparse import ArgumentParser, Namespace
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import NamedTuple

from rich.table import Table

from benchmarks.load import Taken
from benchmarks.machine import calibrate
from benchmarks.process import cpu_seconds
from benchmarks.results import Finding, report
from benchmarks.services import GATEWAY, running_gateway
from benchmarks.world import add_option, world
from schemas.settings import Settings

_DISCARDING = [sys.executable, "-m", "benchmarks.peers.discarding_gateway"]
_GATEWAYS = {"acknowledged by the broker": GATEWAY, "thrown away": _DISCARDING}
_LOADS = {
    "single events": ("--size", "1", "--connections", "32"),
    "batches of 100": ("--size", "100", "--connections", "8"),
}
_SLACK = 60


class Found(NamedTuple):
    """Events per second, milliseconds from a request to its answer, CPU seconds of the gateway per million events."""

    rate: float
    p50: float
    p99: float
    most: float
    cpu: float


_UNITS = ("1/s", "ms", "ms", "ms", "s/million")


def once(settings: Settings, command: Sequence[str], load: Sequence[str], log: Path, seconds: int) -> Found:
    """One run."""
    loading = [sys.executable, "-m", "benchmarks.load", str(settings.gateway_port), *load, "--seconds", str(seconds)]
    with running_gateway(settings, log, command) as gateway:
        begun = cpu_seconds(gateway.pid)
        done = subprocess.run(loading, stdout=subprocess.PIPE, timeout=seconds + _SLACK, check=True)
        events, *figures = Taken(**json.loads(done.stdout))
        return Found(*figures, (cpu_seconds(gateway.pid) - begun) / events * 1e6)


def main(options: Namespace) -> None:
    """Measure and print the table."""
    found, speeds = defaultdict(list), []
    with world(options.kafka) as settings, TemporaryDirectory(prefix="ebbflow-benchmark-") as home:
        for _ in range(options.runs):
            speeds.append(calibrate())
            for kind, load in _LOADS.items():
                for fate, command in _GATEWAYS.items():
                    log = Path(home) / "gateway.log"
                    found[kind, fate].append(once(settings, command, load, log, options.seconds))
    title = f"{options.kafka} broker, median of {options.runs}"
    table = Table("load", "its events are", title=title, title_style="")
    for heading in ("events/s", "ms: median / 99 of 100 / worst", "CPU s per million"):
        table.add_column(heading, justify="right")
    findings = []
    for (kind, fate), runs in found.items():
        medians = Found(*map(median, zip(*runs, strict=True)))
        latency = f"{medians.p50:.1f} / {medians.p99:.1f} / {medians.most:.1f}"
        table.add_row(kind, fate, f"{medians.rate:,.0f}", latency, f"{medians.cpu:.0f}")
        for metric, value, unit in zip(Found._fields, medians, _UNITS, strict=True):
            findings.append(Finding(f"{kind}, {fate}", metric, value, unit))
    report(f"gateway, {options.kafka}", table, findings, median(speeds))


if __name__ == "__main__":
    parser = ArgumentParser(prog="python -m benchmarks.gateway")
    parser.add_argument("--seconds", type=int, default=10, metavar="N")
    parser.add_argument("--runs", type=int, default=3, metavar="N")
    add_option(parser)
    main(parser.parse_args())
