"""How fast one worker folds touchpoints that wait for it, beside other ways to write the same thing.

    python -m benchmarks.throughput [--touchpoints N] [--runs N] [--kafka embedded|apache] [--only NAME ...]

The same topic, the same touchpoints, the same `advance` with the same warm model, the same store emptied before every
run; the variants take turns, and the table shows medians. The clock runs from the first profile saved until the last
touchpoint is folded, so nobody's start-up counts; then all profiles are read back, and a run that has not folded
every touchpoint exactly once is an error.
"""

import asyncio
import random
from argparse import ArgumentParser, Namespace
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from redis.asyncio import Redis
from rich.console import Console
from rich.table import Table

from benchmarks.log import Stretch, fill, rewind
from benchmarks.machine import calibrate
from benchmarks.model import WarmModel
from benchmarks.results import Finding, report
from benchmarks.run import Run, measure
from benchmarks.traffic import popular, touchpoints
from benchmarks.variants import VARIANTS, Place, Variant
from benchmarks.world import add_option, world
from schemas.settings import Settings
from streams.embedded.companion import Companion
from tests.integration.working import environment_of


async def compete(
    settings: Settings, redis: Redis, stretches: Mapping[int, Stretch], home: Path, options: Namespace
) -> tuple[dict[str, list[Run]], float]:
    """The runs of each variant, and the median calibration between them."""
    runs, speeds, model = defaultdict(list), [], WarmModel(random.Random(1))
    for turn in range(options.runs):
        speeds.append(calibrate())
        for name in options.only:
            await redis.flushall()
            await model.publish(redis, settings)
            rewind(settings)
            place = Place(redis, settings, f"{settings.prefix}-{name}-{turn}", home / f"{name}-{turn}")
            run = await _run(VARIANTS[name], place, stretches)
            Console().print(f"{VARIANTS[name].name}: {run.rate:,.0f}/s, {run.cpu:.1f} CPU s per million")
            runs[name].append(run)
    return runs, median(speeds)


async def _run(variant: Variant, place: Place, stretches: Mapping[int, Stretch]) -> Run:
    environment = {
        **environment_of(place.settings),
        **variant.environment,
        "BENCHMARK_GROUP": place.group,
        "BENCHMARK_PROGRESS": str(place.progress),
    }
    with Companion(variant.name, variant.command(), place.progress.with_suffix(".log"), environment) as process:
        return await measure(process, variant.watch(place), stretches)


def table_of(runs: Mapping[str, Sequence[Run]], title: str) -> tuple[Table, list[Finding]]:
    """Medians, and how Ebbflow compares with each."""
    table = Table("variant", title=title, title_style="")
    for heading in ("touchpoints/s", "CPU s per million", "peak MB", "Ebbflow's rate", "Ebbflow's CPU"):
        table.add_column(heading, justify="right")
    medians = {name: Run(*map(median, zip(*done, strict=True))) for name, done in runs.items()}
    own, findings = medians.get("ebbflow"), []
    for name, run in medians.items():
        ratios = (f"{own.rate / run.rate:.2f} x", f"{own.cpu / run.cpu:.2f} x") if own else ()
        table.add_row(VARIANTS[name].name, f"{run.rate:,.0f}", f"{run.cpu:.1f}", f"{run.peak:.0f}", *ratios)
        for metric, value, unit in zip(Run._fields, run, ("1/s", "s/million", "MB"), strict=True):
            findings.append(Finding(VARIANTS[name].name, metric, value, unit))
    return table, findings


async def main(options: Namespace) -> None:
    """Measure and print the table."""
    chance = random.Random(1)
    with world(options.kafka) as settings, TemporaryDirectory(prefix="ebbflow-benchmark-") as home:
        stretches = await fill(settings, touchpoints(popular(options.touchpoints, chance), chance))
        async with Redis.from_url(settings.redis_url) as redis:
            runs, calibration = await compete(settings, redis, stretches, Path(home), options)
    title = f"{options.touchpoints:,} touchpoints, {options.kafka} broker, median of {options.runs}"
    table, findings = table_of(runs, title)
    report(f"throughput, {options.kafka}", table, findings, calibration)


if __name__ == "__main__":
    parser = ArgumentParser(prog="python -m benchmarks.throughput")
    parser.add_argument("--touchpoints", type=int, default=200_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", nargs="+", choices=VARIANTS, default=list(VARIANTS), metavar="NAME")
    add_option(parser)
    asyncio.run(main(parser.parse_args()))
