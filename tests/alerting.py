"""Alerts for tests, as the worker would publish them."""

from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

from schemas.alert import Alert, AlertKind, AtStake, Severity, Sureness


def alert_of(
    customer: str = "ada",
    episode: int = 1,
    state: str = "opened",
    kind: AlertKind = AlertKind.CHURN_RISK,
    severity: Severity = "warning",
    amount: float | None = 120.0,
    **more: Any,
) -> Alert:
    """An alert; the closing one of an episode has nothing at stake, and is harmless."""
    opened = state == "opened"
    return Alert(
        **{
            "id": blake2b(f"{customer}\n{kind}\n{episode}\n{state}".encode(), digest_size=12).hexdigest(),
            "kind": kind,
            "state": state,
            "customer": customer,
            "episode": episode,
            "at": datetime(2026, 3, 1, 12, 30, tzinfo=UTC),
            "since": datetime(2026, 3, 1, tzinfo=UTC),
            "severity": severity if opened else "info",
            "score": 0.83 if opened else 0.4,
            "threshold": 0.75,
            "sureness": Sureness(probability=0.83, model=3, outcomes=1200, auc=0.81),
            "at_stake": AtStake(amount=amount, currency="EUR") if opened and amount is not None else None,
            "summary": f"{customer} will stay away for 30 days with probability 83%",
            "suggestion": "Call them.",
            **more,
        }
    )
