"""A town whose customers are of known groups, some livelier than others: what there is to be found."""

import math
import random
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from processors.features import NAMES
from processors.segments.behaviour import BEHAVIOUR


class Group(NamedTuple):
    """Its share of the customers, what they did lately on average, and on which share of days they came."""

    share: float
    did: Mapping[str, float]
    density: float


FOUR = {
    "Frequent browsers": Group(0.3, {"activity_month": 20, "buying": 0.3, "considering": 12}, 0.4),
    "Frequent buyers": Group(0.2, {"activity_month": 12, "buying": 5, "considering": 3}, 0.3),
    "Service seekers": Group(
        0.1, {"activity_month": 8, "buying": 1, "considering": 1, "service": 8, "friction": 1}, 0.2
    ),
    "Occasional visitors": Group(0.4, {"activity_month": 1.5, "buying": 0.2, "considering": 0.4}, 0.05),
}
"""Four groups, named as their customers behave."""
ONE = {
    "everybody": Group(1.0, {"activity_month": 8, "buying": 1, "considering": 3, "service": 0.5, "friction": 0.3}, 0.2)
}
"""No groups."""
_RARE = 0.1


class Town:
    """Its customers, one after the other."""

    def __init__(self, seed: int, groups: Mapping[str, Group]) -> None:
        self._chance, self._numbers, self._groups = random.Random(seed), np.random.default_rng(seed), groups

    def customer(self) -> tuple[str, list[float]]:
        """One of them: the group, and the features in the order of `NAMES`, of which only those of behaviour say
        anything."""
        (name,) = self._chance.choices([*self._groups], [group.share for group in self._groups.values()])
        group = self._groups[name]
        lively = self._numbers.gamma(6, 1 / 6)
        features = {each: math.log1p(self._numbers.poisson(group.did.get(each, _RARE) * lively)) for each in BEHAVIOUR}
        features["density"] = min(1.0, 2 * group.density * self._numbers.beta(2, 2))
        return name, [features.get(each, 0.0) for each in NAMES]
