"""What a worker costs as the number of known customers grows, and what each of them takes in Redis.

    python -m benchmarks.growth [--customers N ...] [--touchpoints N] [--runs N] [--kafka BROKER]
    python -m benchmarks.growth --soak 15m [--kafka BROKER]

Every population has a store of its own, filled through the worker's own way of saving, and the same traffic: 8,000
customers drawn anew for every 32,000 touchpoints, so that 4,000 in a row of a partition are some 1,000 customers
whatever their number. They are drawn from 10,000 who are active just then, so that only the number of the others
differs; and, to compare, from all that are known, of whom a worker can remember no more than a part. Runs take turns,
and the table shows medians.

The soak watches the memory of one worker under a moderate load with newcomers among the customers: see `soak`.
"""

import asyncio
import random
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from pydantic import TypeAdapter
from redis.asyncio import Redis
from rich.console import Console
from rich.table import Table

from benchmarks.log import fill
from benchmarks.machine import calibrate
from benchmarks.model import WarmModel
from benchmarks.population import settle
from benchmarks.results import Finding, report
from benchmarks.run import Run, measure
from benchmarks.services import running_worker
from benchmarks.soak import soak
from benchmarks.traffic import name_of, touchpoints
from benchmarks.watches import StoreWatch
from benchmarks.world import add_option, world
from schemas.duration import Duration
from schemas.settings import Settings
from streams.embedded.stack import EmbeddedStore
from streams.store.profiles import ProfileStore
from streams.topics import declare

_ACTIVE = 10_000
_CROWD = 8_000
_STAYS = 32_000
_AT_ONCE = 1_000
_SPAN = 7_200.0
"""Seconds of event time for everything that is sent."""


class Population:
    """So many customers in a store, and the traffic of some of them."""

    def __init__(self, size: int, redis: Redis, settings: Settings, home: Path) -> None:
        self.size, self.bytes_each = size, 0.0
        self.runs: dict[int, list[Run]] = {active: [] for active in sorted({min(size, _ACTIVE), size})}
        """By the number of customers who are active."""
        self._redis, self._settings, self._home = redis, settings, home
        self._chance, self._now = random.Random(size), time.time() - _SPAN

    async def settle(self) -> None:
        """Have them known."""
        before = (await self._redis.info("memory"))["used_memory"]
        await settle(self._redis, self._settings, self.size, self._now, self._chance)
        self.bytes_each = ((await self._redis.info("memory"))["used_memory"] - before) / self.size
        await WarmModel(self._chance).publish(self._redis, self._settings)

    async def run(self, active: int, count: int) -> Run:
        """Measure a worker on so many touchpoints of so many active customers."""
        customers = list(self._crowds(self._chance.sample(range(self.size), active), count))
        watch = CrowdWatch(self._redis, self._settings, customers)
        already = await watch.kept()
        # All runs together fit between the time at which the customers were settled and now.
        every = _SPAN / 20 / count
        stretches = await fill(self._settings, touchpoints(customers, self._chance, every, self._now))
        self._now += every * count
        with running_worker(self._settings, self._home / f"worker-{self.size}.log") as worker:
            self.runs[active].append(await measure(worker, watch, stretches, already))
        return self.runs[active][-1]

    def _crowds(self, active: Sequence[int], count: int) -> Iterator[str]:
        for first in range(0, count, _STAYS):
            crowd = self._chance.sample(active, _CROWD)
            yield from map(name_of, self._chance.choices(crowd, k=min(_STAYS, count - first)))


class CrowdWatch(StoreWatch):
    """Reads back only the customers of a crowd: to read all would take longer than the run."""

    def __init__(self, redis: Redis, settings: Settings, crowd: Sequence[str]) -> None:
        super().__init__(redis, settings)
        self._crowd, self._store = sorted(set(crowd)), ProfileStore(redis, settings)

    async def kept(self) -> int:
        """Read from the store."""
        total = 0
        for first in range(0, len(self._crowd), _AT_ONCE):
            found = await self._store.load(self._crowd[first : first + _AT_ONCE])
            total += sum(profile.facts.touchpoints for profile in found.values())
        return total


async def grow(settings: Settings, home: Path, options: Namespace) -> tuple[list[Population], float]:
    """The populations with their runs, and the median calibration between these."""
    populations, speeds, console = [], [], Console()
    async with AsyncExitStack() as stack:
        for size in options.customers:
            store = stack.enter_context(EmbeddedStore())
            own = settings.model_copy(update={"redis_url": store.redis_url, "prefix": f"{settings.prefix}-{size}"})
            declare(own)
            redis = await stack.enter_async_context(Redis.from_url(own.redis_url))
            populations.append(Population(size, redis, own, home))
            await populations[-1].settle()
            console.print(f"{size:,} customers are known: {populations[-1].bytes_each:,.0f} bytes each")
        for _ in range(options.runs):
            speeds.append(calibrate())
            for population in populations:
                for active in population.runs:
                    run = await population.run(active, options.touchpoints)
                    console.print(f"{active:,} of {population.size:,} active: {run.cpu:.1f} CPU s per million")
    return populations, median(speeds)


def main(options: Namespace) -> None:
    """Measure and print the table."""
    findings = []
    with world(options.kafka) as settings, TemporaryDirectory(prefix="ebbflow-benchmark-") as home:
        if options.soak:
            soak(settings, Path(home), options.soak.total_seconds(), options.kafka)
            return
        populations, calibration = asyncio.run(grow(settings, Path(home), options))
    title = f"{options.touchpoints:,} touchpoints, {options.kafka} broker, median of {options.runs}"
    table = Table("known customers", "of them active", title=title, title_style="")
    for heading in ("CPU s per million", "against the first", "peak MB of the worker", "bytes a customer in Redis"):
        table.add_column(heading, justify="right")
    first = None
    for population in populations:
        findings.append(Finding(f"{population.size} customers", "store", population.bytes_each, "bytes/customer"))
        for active, runs in population.runs.items():
            _, cpu, peak = map(median, zip(*runs, strict=True))
            first = first or cpu
            row = (f"{cpu:.1f}", f"{cpu / first - 1:+.0%}", f"{peak:.0f}", f"{population.bytes_each:,.0f}")
            table.add_row(f"{population.size:,}", f"{active:,}", *row)
            variant = f"{population.size} customers, {active} active"
            findings += [Finding(variant, "cpu", cpu, "s/million"), Finding(variant, "peak", peak, "MB")]
    report(f"growth, {options.kafka}", table, findings, calibration)


if __name__ == "__main__":
    parser = ArgumentParser(prog="python -m benchmarks.growth")
    parser.add_argument("--customers", type=int, nargs="+", default=[10_000, 100_000, 1_000_000], metavar="N")
    parser.add_argument("--touchpoints", type=int, default=96_000, metavar="N")
    parser.add_argument("--runs", type=int, default=3, metavar="N")
    parser.add_argument("--soak", type=TypeAdapter(Duration).validate_python, metavar="DURATION", help="as in 15m")
    add_option(parser)
    main(parser.parse_args())
