"""Behaviour: groups of customers who do alike, each named by what sets it apart from the others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import mul

from processors.features import NAMES

_IN_WORDS: Mapping[str, tuple[str, str]] = {
    "activity_month": ("Occasional visitors", "Frequent visitors"),
    "buying": ("Hardly buying", "Frequent buyers"),
    "considering": ("Hardly browsing", "Frequent browsers"),
    "service": ("Without service cases", "Service seekers"),
    "friction": ("Without troubles", "Troubled"),
    "campaigns": ("Seldom written to", "Often written to"),
    "density": ("Sporadic", "Regulars"),
}
BEHAVIOUR = tuple(_IN_WORDS)
"""The features that groups are told apart by: what customers did lately. When they came first or last is left to the
lifecycle, and what they paid to the segments by money."""
PLACES = tuple(map(NAMES.index, BEHAVIOUR))
CLUSTERS = frozenset(name for pair in _IN_WORDS.values() for name in pair)
"""All names that there can be."""


@dataclass(frozen=True)
class Trait:
    """What a group is named by: a feature of `BEHAVIOUR` by its place, and whether it is high or low."""

    place: int
    high: bool

    @property
    def name(self) -> str:
        """In words."""
        return _IN_WORDS[BEHAVIOUR[self.place]][self.high]


@dataclass(frozen=True)
class Groups:
    """The groups as they are served: their names, and for each the weights and the constant of a linear function of the
    features, which is largest for the nearest one.

    For u and c in standard deviations, |u - c|^2 = |u|^2 - 2 (u c - |c|^2 / 2); only the bracket differs. `margins` are
    what the bracket of one group must have over that of another before a customer moves there from it.
    """

    names: Sequence[str] = ()
    weights: Sequence[Sequence[float]] = ()
    constants: Sequence[float] = ()
    margins: Sequence[Sequence[float]] = ()

    def of(self, features: Sequence[float], held: str) -> str:
        """The group of a customer with these features, who was held to be in one; empty if there are none."""
        if not self.names:
            return ""
        own = [features[place] for place in PLACES]
        near = [
            constant + sum(map(mul, weights, own))
            for weights, constant in zip(self.weights, self.constants, strict=True)
        ]
        best = max(range(len(near)), key=near.__getitem__)
        if held in self.names and held != self.names[best]:
            before = self.names.index(held)
            if near[best] - near[before] < self.margins[best][before]:
                return held
        return self.names[best]
