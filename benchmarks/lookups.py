"""How long a gateway takes to look customers up while a worker folds as fast as it can, and what that costs the worker.

    python -m benchmarks.lookups [--rate N] [--touchpoints N] [--runs N] [--kafka BROKER]

20,000 customers are known. The worker folds the same number of touchpoints of them in every run; runs with and without
look-ups take turns, and the table shows medians, of the changes those within such a pair. The questions come from a
process of their own (`benchmarks.asking`), which has its share of the machine, as has the gateway.
"""

import asyncio
import json
import random
import subprocess
import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
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
from benchmarks.results import Finding, report
from benchmarks.run import Run, measure
from benchmarks.services import running_gateway, running_worker
from benchmarks.traffic import CUSTOMERS, popular, touchpoints
from benchmarks.watches import StoreWatch
from benchmarks.world import READ_TOKEN, add_option, world
from schemas.settings import Settings

_SPAN = 7_200.0
"""Seconds of event time for everything that is sent."""


@contextmanager
def asked(settings: Settings, rate: int) -> Iterator[list[Answered]]:
    """Questions for as long as the block lasts; after it, how long the answers took."""
    command = [sys.executable, "-m", "benchmarks.asking", str(settings.gateway_port)]
    asking = [*command, "--rate", str(rate), "--customers", str(CUSTOMERS)]
    found: list[Answered] = []
    with subprocess.Popen(asking, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield found
        finally:
            process.terminate()
            said, _ = process.communicate(timeout=60)
    found.append(Answered(**json.loads(said)))


async def compete(settings: Settings, redis: Redis, home: Path, options: Namespace) -> None:
    """Measure and print the table."""
    chance, speeds, begun = random.Random(1), [], time.time() - _SPAN
    runs: dict[int, list[Run]] = {0: [], options.rate: []}
    answers: list[Answered] = []
    await settle(redis, settings, CUSTOMERS, begun, chance)
    await WarmModel(chance).publish(redis, settings)
    every = _SPAN / (2 * options.runs + 1) / options.touchpoints
    with running_gateway(settings, home / "gateway.log"):
        for pair in range(options.runs):
            speeds.append(calibrate())
            for rate in sorted(runs, reverse=pair % 2 == 1):
                done = runs[rate]
                watch = StoreWatch(redis, settings)
                already = await watch.kept()
                sent = touchpoints(popular(options.touchpoints, chance), chance, every, begun)
                stretches = await fill(settings, sent)
                begun += every * options.touchpoints
                with ExitStack() as stack:
                    found = stack.enter_context(asked(settings, rate)) if rate else []
                    worker = stack.enter_context(running_worker(settings, home / "worker.log"))
                    done.append(await measure(worker, watch, stretches, already))
                answers += found
                Console().print(f"{rate} look-ups a second: {done[-1].rate:,.0f} touchpoints/s, {found or ''}")
    _report(runs, answers, median(speeds), options)


def _report(runs: dict[int, list[Run]], answers: list[Answered], calibration: float, options: Namespace) -> None:
    title = f"{options.touchpoints:,} touchpoints, {options.kafka} broker, median of {options.runs}"
    table = Table("look-ups/s", title=title, title_style="")
    for heading in ("touchpoints/s", "CPU s per million", "rate", "CPU", "ms: median / 99 of 100 / worst"):
        table.add_column(heading, justify="right")
    medians = {rate: Run(*map(median, zip(*done, strict=True))) for rate, done in runs.items()}
    taken, findings = Answered(*map(median, zip(*answers, strict=True))), []
    for rate, run in medians.items():
        latency = f"{taken.p50:.1f} / {taken.p99:.1f} / {taken.most:.1f}" if rate else ""
        # Each run beside the one just before it: the machine is not as fast at all times.
        pairs = [*zip(runs[rate], runs[0], strict=True)]
        change = (
            f"{median(run.rate / alone.rate for run, alone in pairs) - 1:+.1%}",
            f"{median(run.cpu / alone.cpu for run, alone in pairs) - 1:+.1%}",
        )
        table.add_row(str(rate), f"{run.rate:,.0f}", f"{run.cpu:.1f}", *change, latency)
        variant = f"{rate} look-ups a second"
        findings += [Finding(variant, "rate", run.rate, "1/s"), Finding(variant, "cpu", run.cpu, "s/million")]
    for metric in ("p50", "p99", "most"):
        findings.append(Finding(f"{options.rate} look-ups a second", metric, getattr(taken, metric), "ms"))
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
