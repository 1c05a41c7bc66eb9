"""The roster: customers in an order that says whom to look at first."""

from datetime import datetime
from typing import Literal

import msgspec
from pydantic import BaseModel, Field

from schemas.segments import Stage

Order = Literal["churn_risk", "at_risk", "value", "engagement", "last_seen"]
Standing = Literal["known", "active", "left", "lost"]


class Row(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One customer as the census found them. What is not known is none; times are epoch seconds, `value` is the revenue
    expected within the horizon, and `at_risk` that times the churn risk."""

    status: Standing
    lifecycle: Stage | None
    segments: list[str]
    churn_risk: float | None
    at_risk: float | None
    value: float | None
    engagement: float | None
    revenue: float
    currency: str
    last_seen: float


class Listed(BaseModel):
    """One customer of the roster."""

    customer: str
    status: Standing
    lifecycle: Stage | None = None
    segments: list[str] = Field(description="All that they stand in.")
    churn_risk: float | None = Field(None, description="None of who is not scored, or while the models warm up.")
    at_risk: float | None = Field(None, description="Revenue expected within the horizon, times the risk.")
    value: float | None = Field(None, description="Revenue expected within the horizon; none of who is gone.")
    engagement: float | None = Field(None, description="Meaningful touchpoints expected in the engagement window.")
    revenue: float = Field(description="Paid so far, in `currency`.")
    currency: str = Field(description="The one in which they paid most lately; empty when the orders named none.")
    last_seen: datetime


class Roster(BaseModel):
    """One page of the roster."""

    at: datetime = Field(description="When the last round was over in which all customers were looked at.")
    customers: int = Field(description="How many there are.")
    rows: list[Listed]
    next: str | None = Field(
        None, description="`after` of the next page, also where this one is short or empty; none at the end."
    )
