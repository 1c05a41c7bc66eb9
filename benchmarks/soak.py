"""The memory of one worker over a long time, under a moderate load, with newcomers among the customers."""

import asyncio
import random
import time
from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path
from statistics import linear_regression
from typing import NamedTuple

from redis.asyncio import Redis
from rich.table import Table

from benchmarks.log import fill
from benchmarks.machine import calibrate
from benchmarks.model import WarmModel
from benchmarks.process import cpu_seconds, resident_megabytes
from benchmarks.results import Finding, report
from benchmarks.run import WrongError
from benchmarks.services import running_worker
from benchmarks.traffic import CUSTOMERS, name_of, popular, touchpoints
from benchmarks.watches import StoreWatch
from schemas.settings import Settings
from streams.embedded.companion import Companion

_RATE = 1_000
_NEWCOMERS = 0.05
"""The share of the touchpoints that are somebody's first."""
_ROWS = 15
_CATCHES_UP_WITHIN = 60.0


class Sample(NamedTuple):
    """How the worker stands: seconds since it started, its memory in MB, how many touchpoints it has folded."""

    at: float
    memory: float
    folded: int


def visitors(chance: random.Random) -> Iterator[str]:
    """Customers as often as they come, without end, and newcomers among them."""
    new = count(CUSTOMERS)
    while True:
        for customer in popular(_RATE, chance):
            yield name_of(next(new)) if chance.random() < _NEWCOMERS else customer


async def watch(settings: Settings, worker: Companion, seconds: float) -> list[Sample]:
    """Load the worker for so many seconds, with a second's touchpoints every second.

    Raises:
        WrongError: if it does not fold them all.
    """
    chance, samples, sent, begun = random.Random(1), [], 0, time.monotonic()
    customers = visitors(chance)
    async with Redis.from_url(settings.redis_url) as redis:
        store = StoreWatch(redis, settings)

        async def folded() -> int:
            return sum([await store.position(partition) for partition in range(settings.partitions)])

        while (now := time.monotonic() - begun) < seconds:
            worker.check()
            await fill(settings, touchpoints(islice(customers, _RATE), chance, 1 / _RATE, time.time() - 1))
            sent += _RATE
            samples.append(Sample(now, resident_megabytes(worker.pid), await folded()))
            await asyncio.sleep(begun + len(samples) - time.monotonic())
        while await folded() < sent:
            if time.monotonic() > begun + seconds + _CATCHES_UP_WITHIN:
                raise WrongError(f"the worker has folded {await folded():,} touchpoints of {sent:,}")
            await asyncio.sleep(0.1)
        if (kept := await store.kept()) != sent:
            raise WrongError(f"the profiles hold {kept:,} touchpoints of {sent:,}")
    return samples


async def _warm(settings: Settings) -> None:
    async with Redis.from_url(settings.redis_url) as redis:
        await WarmModel(random.Random(1)).publish(redis, settings)


def soak(settings: Settings, home: Path, seconds: float, kafka: str) -> None:
    """Watch, print the table, and add the slope to the history: MB an hour, by least squares over the second half."""
    calibration = calibrate()
    asyncio.run(_warm(settings))
    with running_worker(settings, home / "worker.log", "all") as worker:
        samples = asyncio.run(watch(settings, worker, seconds))
        busy = cpu_seconds(worker.pid) / seconds
    half = samples[len(samples) // 2 :]
    slope = linear_regression([each.at / 3_600 for each in half], [each.memory for each in half]).slope
    title = f"{kafka} broker, {_RATE:,} touchpoints a second, of which {_NEWCOMERS:.0%} are newcomers' first"
    table = Table("second", "worker's MB", "folded", title=title, title_style="")
    for at, memory, folded in samples[:: max(1, len(samples) // _ROWS)]:
        table.add_row(f"{at:.0f}", f"{memory:.1f}", f"{folded:,}")
    notes = (f"slope over the second half: {slope:+.1f} MB an hour; the worker used {busy:.0%} of a core",)
    findings = [
        Finding(f"{seconds:.0f} s", "slope", slope, "MB/h"),
        Finding(f"{seconds:.0f} s", "memory", half[-1].memory, "MB"),
    ]
    report(f"soak, {kafka}", table, findings, calibration, notes)
