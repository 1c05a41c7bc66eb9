"""One customer at a glance: what a person, or a service, wants to know before they act."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from schemas.alert import Changes
from schemas.handling import AlertSeen
from schemas.judgements import Label
from schemas.kinds import Kind
from schemas.segments import By


class Step(BaseModel):
    """A touchpoint of the journey."""

    at: datetime
    name: str
    kind: Kind | None = None


class Spent(BaseModel):
    """What was paid in one currency."""

    currency: str = Field(description="ISO 4217; empty when the orders named none.")
    orders: int
    revenue: float
    last_at: datetime


class Scored(BaseModel):
    """What the models said at a time."""

    at: datetime
    churn: float = Field(ge=0, le=1, description="Probability of no meaningful touchpoint within the horizon.")
    engagement: float = Field(description="Meaningful touchpoints expected in the next engagement window.")
    low: float = Field(description="With `high`, where that number comes to lie nine times of ten.")
    high: float
    value: float | None = Field(None, description="Revenue expected within the horizon; none for who never paid.")
    lifetime: float | None = Field(None, description="Lifetime value: margin on what is still to come, discounted.")
    currency: str | None = Field(None, description="Of both; empty when the orders named none.")
    model: int = Field(description="The version of the models.")


class Answered(BaseModel):
    """What a customer answers to one kind of survey."""

    asked: int = Field(description="How often it was sent.")
    answered: int
    mean: float = Field(description="Of all answers, scaled to 0..1.")
    last: float = Field(description="The last answer, scaled to 0..1,")
    last_at: datetime
    before: float | None = Field(None, description="and the one before it.")


class CameFrom(BaseModel):
    """A visit that led to the first purchase, or has led nowhere yet."""

    at: datetime
    channel: str = Field(description="As `paid search`; `direct` where nothing is known.")
    source: str = Field(description="As `google`; may be empty, like the campaign.")
    campaign: str


class Sounded(BaseModel):
    """How a customer sounds in what they write: tickets, comments, reviews, mentions."""

    score: float | None = Field(
        None, ge=-1, le=1, description="From -1, all complaints, to 1, all praise; what is 30 days older weighs half."
    )
    texts: int = Field(description="Texts of which something could be told.")
    last: Label = Field(description="The last text; unknown until enough rated texts were learned from.")
    last_at: datetime


class InSegment(BaseModel):
    """A segment that the customer stands in."""

    name: str
    by: By = Field(description="How it is told apart.")
    since: datetime | None = Field(None, description="None if they stood there already when first looked at.")
    before: str | None = Field(None, description="Where they stood before; `newcomers` if that was nowhere.")


class Customer(BaseModel):
    """Everything worth knowing of one customer, under whatever ids."""

    customer: str = Field(description="The key under which they are known now.")
    keys: list[str] = Field(description="Every key of theirs, that one first.")
    status: Literal["known", "active", "left", "lost"]
    segments: list[InSegment] = Field(default_factory=list, description="Of all kinds.")
    profiled: bool = Field(description="Whether they agree to be scored.")
    first_seen: datetime
    last_seen: datetime
    last_meaningful: datetime | None = None
    touchpoints: int
    active_days: int
    kinds: dict[str, int] = Field(description="Touchpoints by kind.")
    channels: dict[str, int] = Field(description="Touchpoints by channel.")
    spent: list[Spent] = Field(description="The currency with the most revenue first.")
    visits: list[CameFrom] = Field(
        default_factory=list, description="Where they came from until they first bought, in the order of time."
    )
    first_bought: datetime | None = None
    rating: float | None = Field(None, description="The last answer to a survey, scaled to 0..1.")
    surveys: dict[str, Answered] = Field(
        default_factory=dict, description="By kind: nps, csat, ces, and rating for all others."
    )
    sentiment: Sounded | None = Field(None, description="None for who wrote nothing.")
    traits: dict[str, str | int | float | bool]
    scores: Scored | None = Field(None, description="None while there is nothing to score, and for who is gone.")
    usual_engagement: float | None = Field(None, description="The customer's own count in such a window.")
    warming_up: bool = Field(False, description="The models have not seen enough to raise alerts yet.")
    changes: Changes | None = Field(
        None, description="Why the churn risk has moved, when an alert turned or it had moved by .2."
    )
    history: list[Scored] = Field(description="Scores of the last horizon, the oldest first; they wait for an outcome.")
    journey_stage: Kind | None = Field(
        None,
        description="The furthest of discover, consider, purchase, engage and service; leave, until they come back.",
    )
    journey: list[Step] = Field(description="The last touchpoints, the newest first.")
    alerts: list[AlertSeen] = Field(description="The last alerts, the newest first.")
    suggestion: str | None = Field(None, description="What to do, as the newest alert says that stands open.")
