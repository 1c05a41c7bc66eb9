"""Who is still worth a prediction."""

import pytest

from processors.fold import fold
from processors.lifecycle import returned, status
from schemas.facts import Facts
from schemas.kinds import Kind
from schemas.touch import Touch
from tests.unit.making import POLICY, day, touch


@pytest.mark.parametrize(
    ("touches", "now", "expected"),
    [
        ([touch(0, None)], 1, "known"),
        ([touch(0, Kind.CAMPAIGN)], 1, "known"),
        ([touch(0)], 29.9, "active"),
        ([touch(0), touch(20, Kind.CAMPAIGN)], 30, "lost"),
        ([touch(0), touch(1, Kind.LEAVE)], 2, "left"),
        ([touch(0), touch(1, Kind.LEAVE), touch(3)], 4, "active"),
    ],
)
def test_status(touches: list[Touch], now: float, expected: str) -> None:
    assert status(fold(Facts(), touches), day(now), POLICY) == expected


def test_nobody_returns_from_a_leave_that_is_told_late() -> None:
    before = fold(Facts(), [touch(6)])
    assert returned(before, [touch(5, Kind.LEAVE), touch(7)], POLICY) == 0.0
    assert returned(before, [touch(6.5, Kind.LEAVE), touch(7)], POLICY) == day(7)
