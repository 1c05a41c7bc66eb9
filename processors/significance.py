"""Telling more from chance: shares compared, layers put together, and many questions asked at once."""

from collections.abc import Mapping, Sequence
from math import erfc, sqrt
from typing import NamedTuple, TypeVar

Name = TypeVar("Name")
_95 = 1.959964


class Counts(NamedTuple):
    """How many there were, and how many of them were hit."""

    of: int
    hits: int

    @property
    def share(self) -> float:
        """The share that was hit; 0 of nobody."""
        return self.hits / self.of if self.of else 0.0


def two_sided(z: float) -> float:
    """The chance of a standard normal value at least as far from 0."""
    return erfc(abs(z) / sqrt(2.0))


def change_beyond(before: Counts, after: Counts, others_before: Counts, others_after: Counts) -> float:
    """How surely the share of a group changed otherwise than that of the others, as a standard normal value.

    The difference of two changes of proportions over its standard error (unpooled), with half a case added to each
    side of each proportion (Agresti and Caffo, 2000), which keeps small groups honest.
    """
    change = variance = 0.0
    for sign, counts in ((1, after), (-1, before), (-1, others_after), (1, others_before)):
        of, share = counts.of + 1.0, (counts.hits + 0.5) / (counts.of + 1.0)
        change += sign * share
        variance += share * (1.0 - share) / of
    return change / sqrt(variance)


class Layered(NamedTuple):
    """Exposed and unexposed customers in layers that are alike in other respects: by how many more of the exposed were
    hit than the unexposed of their layers would have it, and how surely, as a standard normal value."""

    excess: float
    z: float


def mantel_haenszel(layers: Sequence[tuple[Counts, Counts]]) -> Layered:
    """Compare exposed (first) and unexposed (second) within layers (Mantel and Haenszel, 1959), without a correction
    for continuity."""
    excess = gap = variance = 0.0
    for exposed, unexposed in layers:
        of, hits = exposed.of + unexposed.of, exposed.hits + unexposed.hits
        if not exposed.of or not unexposed.of or of < 2:
            continue
        excess += exposed.hits - exposed.of * unexposed.share
        gap += exposed.hits - exposed.of * hits / of
        variance += exposed.of * unexposed.of * hits * (of - hits) / (of * of * (of - 1.0))
    return Layered(excess, gap / sqrt(variance) if variance else 0.0)


class Difference(NamedTuple):
    """By how much more often the exposed are hit, and how far off that may be with 95%."""

    difference: float
    within: float


def risk_difference(layers: Sequence[tuple[Counts, Counts]]) -> Difference | None:
    """The difference of shares within layers, put together by Mantel and Haenszel's weights, with the standard error
    of Greenland and Robins (1985); none if no layer has both."""
    weights = gap = variance = 0.0
    for exposed, unexposed in layers:
        if not exposed.of or not unexposed.of:
            continue
        of = exposed.of + unexposed.of
        weights += exposed.of * unexposed.of / of
        gap += (exposed.hits * unexposed.of - unexposed.hits * exposed.of) / of
        variance += (
            exposed.hits * (exposed.of - exposed.hits) * unexposed.of**3
            + unexposed.hits * (unexposed.of - unexposed.hits) * exposed.of**3
        ) / (exposed.of * unexposed.of * of * of)
    return Difference(gap / weights, _95 * sqrt(variance) / weights) if weights else None


def holm(chances: Mapping[Name, float]) -> dict[Name, float]:
    """Chances corrected for how many questions were asked (Holm, 1979): what stays under .05 is seen by chance in one
    of twenty tables, not in one of twenty rows."""
    corrected, highest = dict[Name, float](), 0.0
    for place, (name, chance) in enumerate(sorted(chances.items(), key=lambda each: each[1])):
        highest = max(highest, min(1.0, (len(chances) - place) * chance))
        corrected[name] = highest
    return corrected
