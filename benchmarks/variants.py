"""The programs that `throughput` compares: how each is started and watched."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from redis.asyncio import Redis

from benchmarks.peers.environment import quix_python
from benchmarks.services import WORKER
from benchmarks.watches import PlainWatch, QuixWatch, StoreWatch, Watch
from schemas.settings import Settings

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Place:
    """Where a variant works: the store, the settings, its consumer group, and a file that shows its progress."""

    redis: Redis
    settings: Settings
    group: str
    progress: Path


@dataclass(frozen=True)
class Variant:
    """A program. It finds its group in `BENCHMARK_GROUP`, and the path of its progress in `BENCHMARK_PROGRESS`."""

    name: str
    command: Callable[[], Sequence[str]]
    watch: Callable[[Place], Watch]
    environment: Mapping[str, str] = field(default_factory=dict)


_FAUST = [sys.executable, "-m", "faust", "-A", "benchmarks.peers.stock_faust", "worker", "--without-web", "-l", "warn"]

VARIANTS = {
    "ebbflow": Variant(
        "Ebbflow's worker",
        lambda: WORKER,
        lambda place: StoreWatch(place.redis, place.settings),
        {"EBBFLOW_ROLE": "profiles"},
    ),
    "faust": Variant(
        "stock Faust agent",
        lambda: _FAUST,
        lambda place: PlainWatch(place.redis, place.settings, place.progress),
        {"FAUST_LOOP": "uvloop"},
    ),
    "quix": Variant(
        "Quix Streams application",
        lambda: [quix_python(), "-m", "benchmarks.peers.quix"],
        lambda place: QuixWatch(place.settings, place.progress, place.group),
        {"PYTHONPATH": str(ROOT)},
    ),
    "bare": Variant(
        "bare aiokafka loop",
        lambda: [sys.executable, "-m", "benchmarks.peers.bare_aiokafka"],
        lambda place: StoreWatch(place.redis, place.settings),
    ),
}
"""By the names that the command line knows."""
