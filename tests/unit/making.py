"""Touches, policies and models for tests of the pure core: days count from a fixed Monday."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal

from processors.alerts import alert_id
from processors.decay import DAY
from processors.learning.inputs import INPUTS
from processors.models import MEMBERS, UNKNOWN, Expected, Explanation, Heard, Part, Said
from processors.particulars import digest_of
from schemas.alert import Alert, AlertKind, Sureness
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


def touch(
    at: float, kind: Kind | None = Kind.ENGAGE, customer: str = "ada", message_id: str = "", **more: object
) -> Touch:
    """A touch on day `at`."""
    digest, name = digest_of(message_id), f"{kind} happened"
    return Touch(customer=customer, at=day(at), name=name, kind=kind, digest=digest, **more)  # type: ignore[arg-type]


def when(number: float) -> datetime:
    """The same as people write it."""
    return datetime.fromtimestamp(day(number), UTC)


def alert(
    number: int,
    customer: str = "ada",
    state: Literal["opened", "closed"] = "opened",
    kind: AlertKind = AlertKind.CHURN_RISK,
    **more: object,
) -> Alert:
    """A customer's alert number so much, which opens or closes on that day."""
    given = {
        "id": alert_id(customer, kind, number, state),
        "kind": kind,
        "state": state,
        "customer": customer,
        "episode": number,
        "at": when(number),
        "since": when(0),
        "severity": "warning",
        "threshold": 0.7,
        "sureness": Sureness(probability=None, model=1, outcomes=100, auc=None),
        "summary": "they will stay away",
        "suggestion": "Call them.",
    }
    return Alert.model_validate(given | more)


class FixedModels:
    """Models that say what the test wants them to say."""

    def __init__(
        self,
        churn: float = 0.5,
        engagement: float | None = 1.0,
        warm: bool = True,
        version: int = 1,
        value: float | None = None,
        cluster: str = "",
        heard: Heard = UNKNOWN,
        lifetime: float | None = None,
    ) -> None:
        self.version, self.outcomes, self.warm = version, 1000, warm
        self.base_rate, self.auc = 0.3, 0.8
        self._churn, self._engagement, self._value = churn, engagement, value
        self._cluster, self._heard, self._lifetime = cluster, heard, lifetime

    def score(self, features: Sequence[float], at: float, currency: str) -> Said:
        expected = None if self._engagement is None else Expected(self._engagement, 0.0, 2.0 * self._engagement)
        return Said(self._churn, expected, self._value)

    def cluster(self, features: Sequence[float], held: str) -> str:
        return self._cluster

    def members(self, features: Sequence[float], at: float) -> Sequence[float]:
        return [self._churn] * len(MEMBERS)

    def explain(self, features: Sequence[float], at: float) -> Explanation:
        return _explain({"recency": 0.9, "friction": 0.4, "rating": -0.2})

    def lifetime(
        self, features: Sequence[float], spent: float, currency: str, span: float, discount: float
    ) -> float | None:
        return self._lifetime

    def promise(self, action: str, context: Mapping[str, float]) -> tuple[float, float]:
        return 0.5, 0.1

    def hear(self, text: str) -> Heard:
        return self._heard

    def explain_engagement(self, features: Sequence[float], at: float) -> Explanation:
        return _explain({"trend": 0.7})


def _explain(weights: dict[str, float]) -> Explanation:
    return Explanation(-1.0, [Part(weights.get(name, 0.0), name, 0.5) for name in INPUTS])
