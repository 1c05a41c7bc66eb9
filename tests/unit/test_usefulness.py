"""How many alerts were of use."""

import pytest

from processors.usefulness import usefulness, wilson
from schemas.alert import AlertKind
from schemas.handling import AlertStanding, Handling
from tests.unit.making import alert


def rated(useful: bool | None, kind: AlertKind = AlertKind.CHURN_RISK) -> AlertStanding:
    return AlertStanding(alert=alert(1, kind=kind), handling=Handling(useful=useful))


def test_only_what_was_rated_counts_kind_by_kind() -> None:
    told = usefulness([rated(True), rated(False), rated(True), rated(None), rated(False, AlertKind.ENGAGEMENT_RISING)])
    assert [(each.kind, each.rated, each.useful, each.share) for each in told] == [
        ("churn.risk", 3, 2, 0.6667),
        ("engagement.rising", 1, 0, 0.0),
    ]
    assert usefulness([rated(None)]) == []


@pytest.mark.parametrize(
    # Of 10 hits in 100 by Newcombe (1998), table I has .0552 to .1744; of none in 10 it is 0 to 1.96^2 / (10 + 1.96^2).
    ("hits", "count", "low", "high"),
    [(10, 100, 0.0552, 0.1744), (0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (1, 1, 0.2065, 1.0)],
)
def test_the_interval_is_wilsons(hits: int, count: int, low: float, high: float) -> None:
    assert wilson(hits, count) == pytest.approx((low, high), abs=1e-4)
