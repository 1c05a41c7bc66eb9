"""One run of a program that folds touchpoints: start it, watch it, measure it, check what it has done."""

import asyncio
import time
from collections.abc import Mapping
from typing import NamedTuple

from benchmarks.log import Stretch
from benchmarks.process import cpu_seconds, peak_megabytes
from benchmarks.watches import Watch
from streams.embedded.companion import Companion

_LOOK_EVERY = 0.02
_STARTS_WITHIN = 60.0
# Touchpoints per second; any of the programs is faster on any machine that would be used for this.
_SLOWEST = 100


class Run(NamedTuple):
    """Touchpoints per second, CPU seconds of the process per million touchpoints, and its peak memory in MB."""

    rate: float
    cpu: float
    peak: float


class WrongError(Exception):
    """The program did not do what it was measured for."""


async def measure(process: Companion, watch: Watch, stretches: Mapping[int, Stretch], already: int = 0) -> Run:
    """Watch a program that was just started until it has folded these stretches of the log.

    `already` is how many touchpoints its profiles hold beforehand. The program is stopped.

    Raises:
        WrongError: if it does not come to the end, or has folded too much or too little.
        EmbeddedError: if it ends by itself.
    """
    count = sum(stretch.end - stretch.start for stretch in stretches.values())
    first = await _reach(process, watch, stretches, 1, _STARTS_WITHIN)
    begun, used = time.monotonic(), cpu_seconds(process.pid)
    await _reach(process, watch, stretches, count, count / _SLOWEST)
    seconds, used = time.monotonic() - begun, cpu_seconds(process.pid) - used
    peak = peak_megabytes(process.pid)
    process.stop()
    if (folded := await watch.kept() - already) != count:
        raise WrongError(f"{process.name} has folded {folded:,} touchpoints, not {count:,}")
    return Run((count - first) / seconds, used / (count - first) * 1e6, peak)


async def _reach(process: Companion, watch: Watch, stretches: Mapping[int, Stretch], count: int, within: float) -> int:
    """Wait until so many touchpoints are folded; how many are then."""
    deadline = time.monotonic() + within
    while True:
        positions = {partition: await watch.position(partition) for partition in stretches}
        reached = sum(max(0, positions[partition] - stretch.start) for partition, stretch in stretches.items())
        if reached >= count:
            return reached
        process.check()
        if time.monotonic() > deadline:
            raise WrongError(f"{process.name} has folded {reached:,} touchpoints, not {count:,}, within {within:g} s")
        await asyncio.sleep(_LOOK_EVERY)
