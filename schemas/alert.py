"""Something a person or a system should act on now."""

from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class AlertKind(StrEnum):
    """What an alert is about."""

    CHURN_RISK = "churn.risk"
    ENGAGEMENT_RISING = "engagement.rising"
    CUSTOMER_LEFT = "customer.left"
    CUSTOMER_RETURNED = "customer.returned"
    ATTITUDE_GAP = "attitude.gap"
    SEGMENT_ENTERED = "segment.entered"
    RULE_MATCHED = "rule.matched"
    MODEL_DRIFT = "model.drift"


Severity = Literal["info", "warning", "critical"]


class Reason(BaseModel):
    """Why the score is what it is: one feature's own part in it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    feature: str
    value: float
    weight: float = Field(description="The feature's contribution to the score, in the model's own units.")
    words: str = Field(description="The same, for people.")


class Changed(BaseModel):
    """Why the score is no longer what it was: one feature's own part in it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    feature: str
    before: float
    value: float
    weight: float = Field(description="What that has added to the score, in log-odds.")
    words: str = Field(description="The same, for people.")


class Changes(BaseModel):
    """How the churn risk has moved, and why. Both moments are scored by the model of the later one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    since: datetime = Field(description="When a prediction was noted whose risk was clearly another one.")
    until: datetime
    before: float = Field(ge=0, le=1, description="The risk then,")
    after: float = Field(ge=0, le=1, description="and now.")
    parts: list[Changed] = Field(max_length=4, description="The strongest first.")
    others: float = Field(
        description="What the features that are not among the parts have added. With their weights it sums to the "
        "change of the log-odds."
    )
    touchpoints: dict[str, int] = Field(
        description="What came in between, as far as it is remembered, and how often: what fed the parts first."
    )
    summary: str = Field(description="All of it in a sentence or two.")


class Sureness(BaseModel):
    """How sure the alert is, and what that rests on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    probability: float | None = Field(None, ge=0, le=1, description="The score itself where it is a probability.")
    model: int = Field(ge=0, description="The version of the model that scored.")
    outcomes: int = Field(ge=0, description="How many outcomes that model has learned from.")
    auc: float | None = Field(None, ge=0, le=1, description="How well it ranked recent outcomes before seeing them.")


class AtStake(BaseModel):
    """Expected revenue of the horizon times the risk of losing it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    amount: float
    currency: str = Field(description="ISO 4217; empty when the orders named none.")


class Alert(BaseModel):
    """A change of state, not a sample: it opens once, closes once, and says why."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(description="Deterministic: a repeat of the same alert has the same id, so drop what you have.")
    kind: AlertKind
    about: str | None = Field(None, description="Which of your rules or segments it is about, where it is about one.")
    segments: list[str] = Field(default_factory=list, description="Those that the customer stands in.")
    state: Literal["opened", "closed"]
    customer: str = Field(description="Empty for an alert to the operators about the models.")
    episode: int = Field(ge=1, description="Which of this customer's alerts of this kind it is.")
    at: datetime = Field(description="When it opened or closed, in stream time.")
    since: datetime = Field(description="When the score first went over its threshold in this episode.")
    severity: Severity
    score: float | None = Field(
        None,
        description="Churn: a probability. Engagement: expected over usual touchpoints. Drift: the recent log loss. "
        "None: the customer is gone.",
    )
    threshold: float
    sureness: Sureness
    at_stake: AtStake | None = None
    reasons: list[Reason] = Field(default_factory=list, max_length=5)
    average: float | None = Field(
        None,
        description="The score of the average customer in the units of the reasons' weights (log-odds for churn). "
        "With the weights and `others` it sums to this customer's.",
    )
    others: float | None = Field(None, description="What the features that are not among the reasons add.")
    changes: Changes | None = Field(
        None, description="Churn: what has changed since a prediction that was noted before; none if there is none."
    )
    summary: str = Field(description="Who, what and why, in one sentence.")
    action: str | None = Field(
        None, description="Which of your actions was picked for it; `nothing` for a customer who is held out."
    )
    suggestion: str = Field(description="What to do about it.")
