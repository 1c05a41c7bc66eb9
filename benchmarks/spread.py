"""How values are spread: what the median was, what all but one in a hundred stayed under, and the worst."""

from collections.abc import Collection
from math import ceil
from typing import NamedTuple, Self


class Spread(NamedTuple):
    """In the unit of the values."""

    p50: float
    p99: float
    most: float

    @classmethod
    def of(cls, values: Collection[float]) -> Self:
        """Of at least one value; each figure is one of them."""
        ranked = sorted(values)
        return cls(*(ranked[max(0, ceil(share * len(ranked)) - 1)] for share in (0.5, 0.99, 1.0)))
