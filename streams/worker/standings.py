"""Where a worker's partitions stand: what it saved last, checked against what Redis and the log say."""

from collections.abc import Iterable

from streams.store.partitions import PartitionStore, Standing


class BehindError(Exception):
    """What is saved in Redis stands before the place in the log that was reached, as when it lost its last writes: what
    lies between is to be read again."""

    def __init__(self, what: str, position: int, expected: int) -> None:
        super().__init__(
            f"{what} stand at {position} in Redis, not at {expected}: it lost its last writes, or is a copy. Going "
            f"back to read these {expected - position} records again"
        )
        self.position = position


class StateLostError(Exception):
    """Redis holds nothing of a partition that was folded before."""

    def __init__(self, partition: int, expected: int) -> None:
        super().__init__(
            f"Redis has no profiles of partition {partition}, which was folded up to {expected}: it was emptied, or is "
            "another one. Check EBBFLOW_REDIS_URL, or build the profiles again from the log: `ebbflow rebuild`"
        )


class Standings:
    """The standing of each partition, as this worker knows it."""

    def __init__(self, store: PartitionStore) -> None:
        self._store = store
        self._known: dict[int, Standing] = {}

    async def of(self, partition: int) -> Standing:
        """Where a partition stands; asked of Redis when it is not known."""
        if partition not in self._known:
            self._known[partition] = (await self._store.load(partition)).standing
        return self._known[partition]

    def check(self, partition: int, reached: int | None) -> None:
        """Make sure that everything before an offset is folded; none stands for a log that was never read.

        Raises:
            BehindError: if something before it is not.
            StateLostError: if nothing is.
        """
        position = self._known[partition].position
        if reached is None:
            return
        if position is None:
            raise StateLostError(partition, reached)
        if position < reached:
            self.forget([partition])
            raise BehindError(f"the profiles of partition {partition}", position, reached)

    def saw(self, partition: int, found: Standing) -> bool:
        """Take note of what Redis says; whether nobody else has saved a step since. Raises as `check`."""
        known = self._known.get(partition)
        self._known[partition] = found
        if known is not None:
            self.check(partition, known.position)
        return known is None or known.step == found.step

    def forget(self, partitions: Iterable[int]) -> None:
        """These are somebody else's now."""
        for partition in partitions:
            self._known.pop(partition, None)
