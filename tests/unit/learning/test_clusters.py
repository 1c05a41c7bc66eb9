"""Clusters: planted groups are found and called what they are, from day to day by the same name; where none were
planted, none are found."""

import pickle
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from processors.features import NAMES
from processors.learning.clusters import Clusters
from processors.learning.inputs import INPUTS
from processors.learning.scale import Scale
from processors.segments.behaviour import BEHAVIOUR, CLUSTERS, Groups
from tests.unit.learning.town import FOUR, ONE, Town

PER_DAY = 300


def live(town: Town, days: int, panel: int = 300) -> tuple[list[str], list[list[str]]]:
    """The groups of a panel of customers, and what each of them is called at the end of each day."""
    clusters, scale = Clusters(), Scale(len(INPUTS))
    people = [town.customer() for _ in range(panel)]
    called, days_called = [""] * panel, list[list[str]]()
    for _ in range(days):
        for _ in range(PER_DAY):
            _, features = town.customer()
            inputs = np.array([*features, *[0.0] * (len(INPUTS) - len(features))])
            scale.learn(inputs)
            clusters.learn(features, scale)
        groups = clusters.serve(scale)
        called = [groups.of(features, held) for (_, features), held in zip(people, called, strict=True)]
        days_called.append(called)
    return [group for group, _ in people], days_called


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_planted_groups_are_found_and_keep_their_names(seed: int) -> None:
    groups, days = live(Town(seed, FOUR), days=12)
    agreed = Counter(zip(groups, days[-1], strict=True))
    most = {group: max((count, name) for (each, name), count in agreed.items() if each == group) for group in FOUR}
    assert {group: name for group, (_, name) in most.items()} == {group: group for group in FOUR}
    assert sum(count for count, _ in most.values()) >= 0.95 * len(groups)
    for before, after in pairwise(days[3:]):
        assert sum(a == b for a, b in zip(before, after, strict=True)) >= 0.99 * len(before)


@pytest.mark.parametrize("seed", range(4))
def test_where_nothing_was_planted_nothing_is_found(seed: int) -> None:
    _, days = live(Town(seed, ONE), days=8)
    assert {name for day in days for name in day} == {""}


def test_names_are_of_those_that_there_can_be() -> None:
    assert len(CLUSTERS) == 2 * len(BEHAVIOUR)
    _, days = live(Town(4, FOUR), days=4)
    assert set(days[-1]) <= CLUSTERS


def test_customers_who_are_all_alike_are_no_groups() -> None:
    clusters, scale = Clusters(), Scale(len(INPUTS))
    for _ in range(600):
        scale.learn(np.zeros(len(INPUTS)))
        clusters.learn([0.0] * len(NAMES), scale)
    assert clusters.serve(scale) == Groups()


def test_at_the_border_a_customer_stays_where_they_were() -> None:
    groups = Groups(
        ("Regulars", "Troubled"), [[0.0] * 6 + [1.0], [0.0] * 6 + [0.0]], [-0.5, 0.0], [[0.0, 0.1], [0.1, 0.0]]
    )
    for density, new, was_regular, was_troubled in (
        (0.45, "Troubled", "Regulars", "Troubled"),
        (0.55, "Regulars", "Regulars", "Troubled"),
        (0.65, "Regulars", "Regulars", "Regulars"),
        (0.35, "Troubled", "Troubled", "Troubled"),
    ):
        features = [density if name == "density" else 0.0 for name in NAMES]
        assert [groups.of(features, held) for held in ("", "Regulars", "Troubled")] == [new, was_regular, was_troubled]
    assert Groups().of(features, "Troubled") == ""


def test_the_same_outcomes_give_the_same_groups_also_through_a_pickle() -> None:
    whole, parts, scale, town = Clusters(), Clusters(), Scale(len(INPUTS)), Town(5, FOUR)
    for place in range(1200):
        _, features = town.customer()
        inputs = np.array([*features, *[0.0] * (len(INPUTS) - len(features))])
        scale.learn(inputs)
        whole.learn(features, scale)
        parts.learn(features, scale)
        if place % 300 == 299:
            parts = pickle.loads(pickle.dumps(parts))
    assert whole.serve(scale) == parts.serve(scale)
    assert whole.serve(scale).names
