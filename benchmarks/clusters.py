"""How well groups are found, and whether customers are called by the same name from day to day: ours beside River's.

    python -m benchmarks.clusters [SEEDS]

Towns have four planted groups, and 500 outcomes a day for twenty days, in which nothing changes. River's are told that
there are four, ours is not. A panel of 300 other customers is asked each day.
"""

import sys
import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from statistics import mean, median
from typing import Any, Protocol

import numpy as np
from rich.table import Table
from river import cluster
from sklearn.metrics import adjusted_rand_score

from benchmarks.machine import calibrate
from benchmarks.results import Finding, report
from processors.learning.clusters import Clusters
from processors.learning.inputs import INPUTS
from processors.learning.scale import Scale
from processors.segments.behaviour import PLACES
from tests.unit.learning.town import FOUR, ONE, Group, Town

DAYS, A_DAY, PANEL = 20, 500, 300
_LAST = 5


class Finder(Protocol):
    """Who looks for groups."""

    def learn(self, features: Sequence[float], scaled: Sequence[float]) -> None:
        """One outcome."""

    def called(self, features: Sequence[Sequence[float]], scaled: Sequence[Sequence[float]]) -> list[Any]:
        """What each of the panel is called now."""


class Ours:
    """As the learner does it; a panel is held to be what it was called before."""

    def __init__(self, scale: Scale) -> None:
        self._clusters, self._scale, self._held = Clusters(), scale, [""] * PANEL

    def learn(self, features: Sequence[float], scaled: Sequence[float]) -> None:
        """One outcome."""
        self._clusters.learn(features, self._scale)

    def called(self, features: Sequence[Sequence[float]], scaled: Sequence[Sequence[float]]) -> list[Any]:
        """By name."""
        groups = self._clusters.serve(self._scale)
        self._held = [groups.of(each, held) for each, held in zip(features, self._held, strict=True)]
        return self._held


class Theirs:
    """One of River's, with what it is called by there."""

    def __init__(self, model: Any) -> None:
        self._model = model

    def learn(self, features: Sequence[float], scaled: Sequence[float]) -> None:
        """One outcome."""
        self._model.learn_one(dict(enumerate(scaled)))

    def called(self, features: Sequence[Sequence[float]], scaled: Sequence[Sequence[float]]) -> list[Any]:
        """By number."""
        return [self._model.predict_one(dict(enumerate(each))) for each in scaled]


FINDERS: dict[str, Callable[[Scale, int], Finder]] = {
    "Ebbflow": lambda scale, seed: Ours(scale),
    "KMeans": lambda scale, seed: Theirs(cluster.KMeans(n_clusters=4, halflife=0.01, sigma=1.0, seed=seed)),
    "STREAMKMeans": lambda scale, seed: Theirs(
        cluster.STREAMKMeans(chunk_size=200, n_clusters=4, halflife=0.1, sigma=1.0, seed=seed)
    ),
    "CluStream": lambda scale, seed: Theirs(
        cluster.CluStream(n_macro_clusters=4, max_micro_clusters=60, time_gap=500, halflife=0.1, seed=seed)
    ),
    "DBSTREAM": lambda scale, seed: Theirs(
        cluster.DBSTREAM(
            clustering_threshold=1.0, fading_factor=0.001, cleanup_interval=100, intersection_factor=0.3,
            minimum_weight=3,
        )
    ),
}  # fmt: skip


def live(name: str, groups: dict[str, Group], seed: int) -> tuple[float, list[float], int, float]:
    """Twenty days: the agreement with the groups in the last five (adjusted Rand index), the share of the panel called
    as the day before on each day, how many are told apart in the end, and microseconds an outcome."""
    town, scale = Town(seed, groups), Scale(len(INPUTS))
    finder = FINDERS[name](scale, seed)
    people = [town.customer() for _ in range(PANEL)]
    planted, features = [group for group, _ in people], [each for _, each in people]
    days, took = list[list[Any]](), 0.0
    rest = [0.0] * (len(INPUTS) - len(features[0]))
    for _ in range(DAYS):
        for _ in range(A_DAY):
            _, one = town.customer()
            scaled = scale.learn(np.array([*one, *rest]))[list(PLACES)].tolist()
            begun = time.process_time()
            finder.learn(one, scaled)
            took += time.process_time() - begun
        panel = np.clip((np.array([[*each, *rest] for each in features]) - scale.means) / scale.deviations, -5, 5)
        days.append(list(finder.called(features, panel[:, list(PLACES)].tolist())))
    same = [mean(a == b for a, b in zip(*pair, strict=True)) for pair in pairwise(days[3:])]
    agreement = mean(adjusted_rand_score(planted, day) for day in days[-_LAST:])
    return agreement, same, len(set(days[-1]) - {""}), 1e6 * took / DAYS / A_DAY


def main(seeds: int) -> None:
    """Measure and print the table."""
    calibration, findings = calibrate(), list[Finding]()
    table = Table(
        "method", "agreement, median", "worst", "called as the day before", "worst day", "groups",
        "where there are none", "µs an outcome", title=f"{seeds} towns of four groups", title_style="",
    )  # fmt: skip
    for name in FINDERS:
        found = [live(name, FOUR, seed) for seed in range(1, seeds + 1)]
        none = [live(name, ONE, seed)[2] for seed in range(1, seeds + 1)]
        agreements, same = [each[0] for each in found], [share for each in found for share in each[1]]
        figures = {
            "agreement": median(agreements), "worst agreement": min(agreements), "same name": mean(same),
            "worst same name": min(same), "groups": median(each[2] for each in found), "none": median(none),
            "cost": median(each[3] for each in found),
        }  # fmt: skip
        shown = [f"{value:.2f}" for value in [*figures.values()][:4]]
        table.add_row(name, *shown, *(f"{value:.0f}" for value in [*figures.values()][4:]))
        units = ("ARI", "ARI", "share", "share", "groups", "groups", "us/outcome")
        findings += [
            Finding(name, each, value, unit) for (each, value), unit in zip(figures.items(), units, strict=True)
        ]
    report("clusters", table, findings, calibration)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
