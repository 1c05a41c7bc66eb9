"""Quantiles of a stream in bounded room: a sketch that can be merged, and whose answers are values that did occur.

Values are counted in buckets that grow by 1% each, as in DDSketch (Masson, Rim and Lee, 2019); each bucket also keeps
the largest value that fell into it. A quantile is that value, so it is never below the exact one and at most 1% above
it, and exact where values are few and apart, as counts are.
"""

from collections.abc import Sequence
from math import ceil, log

GROWTH = 1.01
LEAST, MOST = 1e-3, 1e12
"""What is smaller counts as zero, and what is larger is told apart no more: there are 3,473 buckets at the most."""
_LOG_GROWTH = log(GROWTH)
_ZERO = ceil(log(LEAST) / _LOG_GROWTH) - 1


class Quantiles:
    """A stream of numbers; those below zero count as zero."""

    def __init__(self) -> None:
        self.count = 0
        self._counts: dict[int, int] = {}
        self._largest: dict[int, float] = {}

    def add(self, value: float) -> None:
        """Count one value."""
        self.count += 1
        self._put(_bucket(value), 1, max(0.0, value))

    def merge(self, other: "Quantiles") -> None:
        """Count all that another one has counted."""
        self.count += other.count
        for bucket, count in other._counts.items():
            self._put(bucket, count, other._largest[bucket])

    def at(self, shares: Sequence[float]) -> list[float]:
        """The smallest values that these shares, in rising order, do not exceed; none of nothing.

        A share q of n values is reached by the value of rank ceil(q n): the inverse of the distribution function.
        """
        if not self.count:
            return []
        found, below, buckets = list[float](), 0, sorted(self._counts)
        place = -1
        for share in shares:
            rank = max(1, ceil(round(share * self.count, 9)))
            while below < rank:
                place += 1
                below += self._counts[buckets[place]]
            found.append(self._largest[buckets[place]])
        return found

    def _put(self, bucket: int, count: int, largest: float) -> None:
        self._counts[bucket] = self._counts.get(bucket, 0) + count
        self._largest[bucket] = max(self._largest.get(bucket, 0.0), largest)


def _bucket(value: float) -> int:
    return _ZERO if value <= LEAST else ceil(log(min(value, MOST)) / _LOG_GROWTH)
