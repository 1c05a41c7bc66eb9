"""Clusters: groups of customers who behave alike, found in recent outcomes and followed online.

Whether there are any, and how many, is asked of the last 1,500 outcomes: k-means (MacQueen, 1967; begun as by Arthur
and Vassilvitskii, 2007) with two to six centres, and the number whose silhouette (Rousseeuw, 1987) is best. Below .25
nothing stands apart (Kaufman and Rousseeuw, 1990), and there are no clusters. From then on River's sequential k-means
moves the centres with every outcome.

A name is kept from day to day: it stays with the centre that has it for as long as what it says is still true of it,
and goes over to the nearest centre when they are found anew.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from river import cluster
from scipy.cluster.vq import ClusterError, kmeans2  # type: ignore[import-untyped]
from scipy.optimize import linear_sum_assignment  # type: ignore[import-untyped]

from processors.learning.inputs import INPUTS
from processors.learning.scale import Scale
from processors.segments.behaviour import BEHAVIOUR, PLACES, Groups, Trait

WINDOW = 1_500
_FIRST, _EVERY = 500, 5_000
"""Outcomes after which it is asked whether there are groups, and how many: so many, twice as many and so on, and in the
end every so many."""
_MOST = 6
_STARTS = 4
_APART = 0.25
_BETTER = 0.05
"""By how much another number of groups must have the better silhouette: one that changes all the time means nothing."""
_NEARLY = 0.02
"""Of numbers that are nearly as good the largest is taken, which says most."""
_SMALLEST = 0.04
"""Share of the customers that a group has at least."""
_STEP = 0.01
_FAR = 3.0
_SAMPLE = 400
_TRUE = 0.5
"""A name stays while what it says is at least this share of what sets the group apart most."""
_MARGIN = 0.1
_LEAST_DEVIATIONS = np.array([0.1 if name == "density" else 0.5 for name in BEHAVIOUR])
"""Deviations count as at least so large, or whoever did once what hardly anybody does would be a group apart."""
_INPUTS = [INPUTS.index(name) for name in BEHAVIOUR]


class Clusters:
    """What was learned of groups so far. Deterministic, as the learner is."""

    def __init__(self) -> None:
        self.seen = 0
        self._recent = np.zeros((WINDOW, len(BEHAVIOUR)), np.float32)
        self._ask_at = _FIRST
        self._centres: Any = None
        self._traits: list[Trait] = []

    def learn(self, features: Sequence[float], scale: Scale) -> None:
        """One outcome, by its features; `scale` is that of all inputs."""
        row = np.array([features[place] for place in PLACES])
        self._recent[self.seen % WINDOW] = row
        self.seen += 1
        if self._centres is not None:
            self._centres.learn_one(dict(enumerate(_scaled(row, scale).tolist())))
        if self.seen == self._ask_at:
            self._ask_at = self.seen + min(self.seen, _EVERY)
            self._ask(scale)

    def serve(self, scale: Scale) -> Groups:
        """The groups, frozen, with the names that they have by now."""
        if self._centres is None:
            return Groups()
        centres = _of(self._centres)
        self._traits = _named(centres, self._traits)
        means, deviations = _means_and_deviations(scale)
        apart = ((centres[:, None] - centres[None]) ** 2).sum(-1)
        return Groups(
            names=tuple(trait.name for trait in self._traits),
            weights=(centres / deviations).tolist(),
            constants=(-(centres**2).sum(1) / 2.0 - centres @ (means / deviations)).tolist(),
            margins=(_MARGIN * apart).tolist(),
        )

    def _ask(self, scale: Scale) -> None:
        """Look for groups in the recent outcomes, and take what is found if it is better than what there is."""
        rows = _scaled(self._recent[: min(self.seen, WINDOW)].astype(float), scale)
        found = [centres for count in range(2, _MOST + 1) if (centres := _divided(rows, count)) is not None]
        fits = [_silhouette(rows, centres) for centres in found]
        before = _silhouette(rows, _of(self._centres)) if self._centres is not None else 0.0
        best = max(fits, default=0.0)
        if max(best, before) < _APART:
            self._centres, self._traits = None, []
        elif best > before + _BETTER:
            taken = max(place for place, fit in enumerate(fits) if fit >= best - _NEARLY)
            self._take(found[taken])

    def _take(self, centres: np.ndarray) -> None:
        traits = list[Trait | None]([None] * len(centres))
        if self._centres is not None:
            # Each old name goes to the nearest of the new centres, as long as there are any.
            distances = ((_of(self._centres)[:, None] - centres[None]) ** 2).sum(-1)
            for old, new in zip(*linear_sum_assignment(distances), strict=True):
                traits[new] = self._traits[old]
        self._centres = cluster.KMeans(n_clusters=len(centres), halflife=_STEP, seed=1)
        for number, centre in enumerate(centres.tolist()):
            self._centres.centers[number].update(enumerate(centre))
        self._traits = _named(centres, traits)


def _means_and_deviations(scale: Scale) -> tuple[np.ndarray, np.ndarray]:
    return scale.means[_INPUTS], np.maximum(scale.deviations[_INPUTS], _LEAST_DEVIATIONS)


def _scaled(rows: np.ndarray, scale: Scale) -> np.ndarray:
    """What customers did in standard deviations."""
    means, deviations = _means_and_deviations(scale)
    scaled: np.ndarray = np.clip((rows - means) / deviations, -_FAR, _FAR)
    return scaled


def _of(model: Any) -> np.ndarray:
    return np.array([[model.centers[c][place] for place in range(len(BEHAVIOUR))] for c in sorted(model.centers)])


def _divided(rows: np.ndarray, count: int) -> np.ndarray | None:
    """The best of some divisions into so many groups; none if a group is too small to be one."""
    best, least = None, np.inf
    if len(np.unique(rows, axis=0)) <= count:
        return None
    for start in range(_STARTS):
        try:
            chance = np.random.default_rng(start)
            centres, labels = kmeans2(rows, count, iter=20, minit="++", missing="raise", seed=chance)
        except ClusterError:
            # A centre that nobody is near to.
            continue
        spread = float(((rows - centres[labels]) ** 2).sum())
        if spread < least and np.bincount(labels, minlength=count).min() >= _SMALLEST * len(rows):
            best, least = centres, spread
    return best


def _silhouette(rows: np.ndarray, centres: np.ndarray) -> float:
    """How much nearer customers are to those of their group than to those of the next one, between -1 and 1, in a
    sample of them."""
    rows = rows[:: max(1, len(rows) // _SAMPLE)]
    labels = ((rows[:, None] - centres[None]) ** 2).sum(-1).argmin(1)
    distances = np.sqrt(((rows[:, None] - rows[None]) ** 2).sum(-1))
    members = np.bincount(labels, minlength=len(centres))
    sums = np.stack([distances[:, labels == c].sum(1) for c in range(len(centres))], axis=1)
    mine = np.arange(len(rows)), labels
    own = sums[mine] / np.maximum(members[labels] - 1, 1)
    means = sums / np.maximum(members, 1)
    means[mine] = np.inf
    means[:, members == 0] = np.inf
    other = means.min(1)
    found = np.where(members[labels] > 1, (other - own) / np.maximum(np.maximum(own, other), 1e-12), 0.0)
    return float(found.mean())


def _named(centres: np.ndarray, held: Sequence[Trait | None]) -> list[Trait]:
    """What each centre is named by, one name each. What it is named by already stays while that is true; the others are
    named by what sets them apart most, those further off first."""
    size = np.abs(centres)
    traits = dict[int, Trait]()
    for number, trait in enumerate(held):
        if trait is not None:
            said = centres[number, trait.place] * (1.0 if trait.high else -1.0)
            if said >= _TRUE * size[number].max():
                traits[number] = trait
    for number, place in sorted(np.ndindex(*size.shape), key=lambda each: -size[each]):
        trait = Trait(place, bool(centres[number, place] > 0.0))
        if number not in traits and trait not in traits.values():
            traits[number] = trait
    return [traits[number] for number in range(len(centres))]
