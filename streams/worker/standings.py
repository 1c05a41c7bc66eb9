"""Where a worker's partitions stand: what it saved last, checked against what Redis and the log say."""

from collections.abc import Iterable

from streams.store.partitions import PartitionStore, Standing


class BehindError(Exception):
    """Redis stands before the place in the log that it had reached: what lies between is to be folded again."""

    def __init__(self, partition: int, position: int, expected: int) -> None:
        super().__init__(
            f"Redis lost its last writes of partition {partition}: it stands at {position}, not at {expected}; "
            f"folding these {expected - position} records again"
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

    def check(self, partition: int, fetched_from: int | None) -> None:
        """Make sure that nothing lies between what was folded and what was fetched.

        Raises:
            BehindError: if something does.
            StateLostError: if nothing is folded at all, although there was.
        """
        position = self._known[partition].position
        if fetched_from is None:
            return
        if position is None:
            raise StateLostError(partition, fetched_from)
        if position < fetched_from:
            self.forget([partition])
            raise BehindError(partition, position, fetched_from)

    def saw(self, partition: int, found: Standing) -> bool:
        """Take note of what Redis says; whether it is what was known.

        A partition that stands further than was known is folded by somebody else, too. Raises as `check`.
        """
        known = self._known.get(partition)
        self._known[partition] = found
        if known is not None and known.position is not None:
            self.check(partition, known.position)
        return known is None or known.position == found.position

    def forget(self, partitions: Iterable[int]) -> None:
        """These are somebody else's now."""
        for partition in partitions:
            self._known.pop(partition, None)
