"""Touches, policies and models for tests of the pure core: days count from a fixed Monday."""

from collections.abc import Sequence
from datetime import timedelta

from processors.decay import DAY
from processors.features import NAMES
from schemas.kinds import Kind
from schemas.policy import Policy
from schemas.touch import Touch

MONDAY = 1_767_571_200.0
"""2026-01-05 00:00 UTC."""

POLICY = Policy(
    horizon=timedelta(days=10),
    activity=timedelta(days=30),
    engagement_window=timedelta(days=5),
    predict_every=timedelta(days=5),
    hold=timedelta(0),
    cool_down=timedelta(days=3),
    churn_opens=0.7,
    churn_closes=0.5,
)


def day(number: float) -> float:
    """Epoch seconds of a day since the Monday."""
    return MONDAY + number * DAY


def touch(at: float, kind: Kind | None = Kind.ENGAGE, customer: str = "ada", **more: object) -> Touch:
    """A touch on day `at`."""
    return Touch(customer=customer, at=day(at), name=f"{kind} happened", kind=kind, **more)  # type: ignore[arg-type]


class FixedModels:
    """Models that say what the test wants them to say."""

    def __init__(self, churn: float = 0.5, engagement: float | None = 1.0, warm: bool = True, version: int = 1) -> None:
        self.version, self.outcomes, self.warm = version, 1000, warm
        self.base_rate, self.auc = 0.3, 0.8
        self._churn, self._engagement = churn, engagement

    def churn(self, features: Sequence[float]) -> float:
        return self._churn

    def engagement(self, features: Sequence[float]) -> float | None:
        return self._engagement

    def explain(self, features: Sequence[float]) -> Sequence[float]:
        return [{"recency": 0.9, "friction": 0.4, "rating": -0.2}.get(name, 0.0) for name in NAMES]

    def explain_engagement(self, features: Sequence[float]) -> Sequence[float]:
        return [{"trend": 0.7}.get(name, 0.0) for name in NAMES]
