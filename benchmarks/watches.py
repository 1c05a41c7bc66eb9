"""Watching from outside how far a program that folds touchpoints has come, and what it has kept in the end."""

from pathlib import Path
from typing import Protocol

from redis.asyncio import Redis

from benchmarks.peers.plain_profiles import PlainProfiles
from benchmarks.peers.progress import Progress
from schemas.settings import Settings
from streams.store.documents import read_profile
from streams.store.partitions import PartitionStore
from streams.store.profiles import ProfileStore
from streams.topics import TOUCHPOINTS
from tests.harness import records_of

_CHANGELOG_WITHIN = 120.0


class Watch(Protocol):
    """One program at work."""

    async def position(self, partition: int) -> int:
        """The offset from which a partition's next touchpoint is to be folded; 0 before the first."""
        ...

    async def kept(self) -> int:
        """How many touchpoints all the profiles hold, each of them read back."""
        ...


class StoreWatch:
    """For programs that keep profiles and positions in Ebbflow's store."""

    def __init__(self, redis: Redis, settings: Settings) -> None:
        self._partitions, self._profiles = PartitionStore(redis, settings), ProfileStore(redis, settings)

    async def position(self, partition: int) -> int:
        """As saved with the profiles."""
        return (await self._partitions.load(partition)).standing.position or 0

    async def kept(self) -> int:
        """Read from the store."""
        return sum([profile.facts.touchpoints async for profile in self._profiles.every()])


class PlainWatch:
    """For programs that note their progress down, and keep a string for each profile."""

    def __init__(self, redis: Redis, settings: Settings, progress: Path) -> None:
        self._progress, self._profiles = Progress(progress), PlainProfiles(redis, settings)

    async def position(self, partition: int) -> int:
        """As noted down."""
        return self._progress.of(partition)

    async def kept(self) -> int:
        """Read from the store."""
        return sum([profile.facts.touchpoints async for profile in self._profiles.every()])


class QuixWatch:
    """For an application that notes its progress down, and keeps profiles in its state, which has a changelog."""

    def __init__(self, settings: Settings, progress: Path, group: str) -> None:
        self._progress, self._settings = Progress(progress), settings.model_copy(update={"prefix": ""})
        self._changelog = f"changelog__{group}--{settings.topic(TOUCHPOINTS)}--default"

    async def position(self, partition: int) -> int:
        """As noted down."""
        return self._progress.of(partition)

    async def kept(self) -> int:
        """Read from the changelog, which is whole once the program has ended."""
        records = records_of(self._settings, self._changelog, _CHANGELOG_WITHIN)
        latest = {record.key: record.value for record in records}
        return sum(read_profile("", value).facts.touchpoints for value in latest.values())
