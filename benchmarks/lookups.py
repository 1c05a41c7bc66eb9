"""How long a gateway takes to look customers up while a worker folds as fast as it can, and what that costs the worker.

    python -m benchmarks.lookups [--rate N] [--touchpoints N] [--runs N] [--kafka BROKER]

20,000 customers are known. The worker folds the same number of touchpoints of them in every run. Runs take turns: with
nobody else, with look-ups, and with a process that takes as much of the processors as gateway and questions took and
touches nothing: what the worker loses beside that it loses to sharing the machine, and not to look-ups. The table shows
medians, of the changes those beside the run without anybody in the same round. The questions come from a process of
their own (`benchmarks.asking`).
"""

import asyncio
import json
import random
import subprocess
import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from pydantic import SecretStr
from redis.asyncio import Redis
from rich.console import Console
from rich.table import Table

from benchmarks.asking import Answered
from benchmarks.log import fill
from benchmarks.machine import calibrate
from benchmarks.model import WarmModel
from benchmarks.population import settle
from benchmarks.process import cpu_seconds
from benchmarks.results import Finding, report
from benchmarks.run import Run, measure
from benchmarks.services import running_gateway, running_worker
from benchmarks.traffic import CUSTOMERS, popular, touchpoints
from benchmarks.watches import StoreWatch
from benchmarks.world import READ_TOKEN, add_option, world
from schemas.settings import Settings
from streams.embedded.companion import Companion

_SPAN = 7_200.0
"""Seconds of event time for everything that is sent."""


ALONE, ASKED, BURNT = "nobody else", "look-ups", "as much work elsewhere"


class Beside:
    """What runs beside the worker."""

    def __init__(self, settings: Settings, gateway: Companion, rate: int) -> None:
        self._port, self._gateway, self._rate = settings.gateway_port, gateway, rate
        self.answers: list[Answered] = []
        self.shares: list[float] = []

    @contextmanager
    def running(self, what: str) -> Iterator[None]:
        """It runs for as long as the block lasts."""
        module, *about = {
            ALONE: [""],
            ASKED: ["benchmarks.asking", str(self._port), "--customers", str(CUSTOMERS)],
            BURNT: ["benchmarks.burning", str(median(self.shares) if self.shares else 0.0)],
        }[what]
        if not module:
            yield
            return
        command = [sys.executable, "-m", module, *about, "--rate", str(self._rate)]
        begun, used = time.monotonic(), cpu_seconds(self._gateway.pid)
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            try:
                yield
            finally:
                used = cpu_seconds(self._gateway.pid) - used + cpu_seconds(process.pid)
                lasted = time.monotonic() - begun
                process.terminate()
                said, _ = process.communicate(timeout=60)
        if said:
            self.answers.append(Answered(**json.loads(said)))
            self.shares.append(used / lasted)


async def compete(settings: Settings, redis: Redis, home: Path, options: Namespace) -> None:
    """Measure and print the table."""
    chance, speeds, begun = random.Random(1), [], time.time() - _SPAN
    runs: dict[str, list[Run]] = {ALONE: [], ASKED: [], BURNT: []}
    await settle(redis, settings, CUSTOMERS, begun, chance)
    await WarmModel(chance).publish(redis, settings)
    every = _SPAN / (3 * options.runs + 1) / options.touchpoints
    with running_gateway(settings, home / "gateway.log") as gateway:
        beside = Beside(settings, gateway, options.rate)
        for number in range(options.runs):
            speeds.append(calibrate())
            for what in [*runs] if number % 2 == 0 else [*reversed(runs)]:
                watch = StoreWatch(redis, settings)
                already = await watch.kept()
                sent = touchpoints(popular(options.touchpoints, chance), chance, every, begun)
                stretches = await fill(settings, sent)
                begun += every * options.touchpoints
                with beside.running(what), running_worker(settings, home / "worker.log") as worker:
                    runs[what].append(await measure(worker, watch, stretches, already))
                Console().print(f"{what}: {runs[what][-1].rate:,.0f} touchpoints/s")
    _report(runs, beside, median(speeds), options)


def _report(runs: dict[str, list[Run]], beside: Beside, calibration: float, options: Namespace) -> None:
    title = f"{options.touchpoints:,} touchpoints, {options.rate} look-ups/s, {options.kafka} broker, median of"
    table = Table("beside the worker", title=f"{title} {options.runs}", title_style="")
    for heading in ("touchpoints/s", "CPU s per million", "rate", "CPU", "ms: median / 99 of 100 / worst"):
        table.add_column(heading, justify="right")
    taken, findings = Answered(*map(median, zip(*beside.answers, strict=True))), []
    for what, done in runs.items():
        run = Run(*map(median, zip(*done, strict=True)))
        latency = f"{taken.p50:.1f} / {taken.p99:.1f} / {taken.most:.1f}" if what == ASKED else ""
        # Each run beside the one of the same round: the machine is not as fast at all times.
        pairs = [*zip(done, runs[ALONE], strict=True)]
        change = (
            f"{median(run.rate / alone.rate for run, alone in pairs) - 1:+.1%}",
            f"{median(run.cpu / alone.cpu for run, alone in pairs) - 1:+.1%}",
        )
        table.add_row(what, f"{run.rate:,.0f}", f"{run.cpu:.1f}", *change, latency)
        findings += [Finding(what, "rate", run.rate, "1/s"), Finding(what, "cpu", run.cpu, "s/million")]
    for metric in ("p50", "p99", "most"):
        findings.append(Finding(ASKED, metric, getattr(taken, metric), "ms"))
    share = median(beside.shares)
    table.caption = f"gateway and questions took {share:.0%} of a processor"
    findings.append(Finding(ASKED, "share", share, "processors"))
    report(f"lookups, {options.kafka}", table, findings, calibration)


async def main(options: Namespace) -> None:
    """Have a world to measure in."""
    with world(options.kafka) as settings, TemporaryDirectory(prefix="ebbflow-benchmark-") as home:
        own = settings.model_copy(update={"read_tokens": SecretStr(READ_TOKEN)})
        async with Redis.from_url(own.redis_url) as redis:
            await compete(own, redis, Path(home), options)


if __name__ == "__main__":
    parser = ArgumentParser(prog="python -m benchmarks.lookups")
    parser.add_argument("--rate", type=int, default=200, metavar="N")
    parser.add_argument("--touchpoints", type=int, default=100_000, metavar="N")
    parser.add_argument("--runs", type=int, default=3, metavar="N")
    add_option(parser)
    asyncio.run(main(parser.parse_args()))
