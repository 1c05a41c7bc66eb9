"""Telling more from chance: the tests hold their level, see what is there, and correct for how much was asked."""

import math
from random import Random

import pytest

from processors.significance import Counts, change_beyond, holm, mantel_haenszel, two_sided


def drawn(chance: Random, of: int, share: float) -> Counts:
    return Counts(of, sum(chance.random() < share for _ in range(of)))


def test_a_change_that_all_share_is_no_change_of_one_group() -> None:
    chance = Random(1)
    alarms = 0
    for _ in range(400):
        groups = [drawn(chance, of, share) for of, share in ((40, 0.2), (60, 0.4), (300, 0.2), (300, 0.4))]
        alarms += two_sided(change_beyond(*groups)) < 0.05
    assert alarms / 400 == pytest.approx(0.05, abs=0.03)


def test_a_change_of_one_group_is_seen() -> None:
    chance = Random(2)
    seen = 0
    for _ in range(200):
        groups = [drawn(chance, of, share) for of, share in ((300, 0.2), (300, 0.4), (600, 0.2), (600, 0.2))]
        seen += two_sided(change_beyond(*groups)) < 0.05
    assert seen / 200 > 0.95


def test_layers_are_put_together_as_mantel_and_haenszel_do() -> None:
    # Two layers by hand: of 10 and 30 exposed 6 and 9 were hit, of 20 and 15 unexposed 5 and 3.
    excess, z = mantel_haenszel([(Counts(10, 6), Counts(20, 5)), (Counts(30, 9), Counts(15, 3))])
    assert excess == pytest.approx(6 - 10 * 5 / 20 + 9 - 30 * 3 / 15)
    gap = 6 - 10 * 11 / 30 + 9 - 30 * 12 / 45
    variance = 10 * 20 * 11 * 19 / (30**2 * 29) + 30 * 15 * 12 * 33 / (45**2 * 44)
    assert z == pytest.approx(gap / math.sqrt(variance))
    assert mantel_haenszel([(Counts(5, 2), Counts(0, 0))]) == (0.0, 0.0)


def test_holm_corrects_by_how_many_are_left() -> None:
    assert holm({"a": 0.01, "b": 0.04, "c": 0.03}) == pytest.approx({"a": 0.03, "c": 0.06, "b": 0.06})
    assert holm({}) == {}
    assert Counts(0, 0).share == 0.0
