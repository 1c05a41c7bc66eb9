"""A prediction and what then happened: the labelled example that the learner learns from."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field


class Outcome(BaseModel):
    """One prediction whose time has come. Released for both classes alike, when the horizon has passed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(description="The same prediction has the same id, however often it is published.")
    customer: str
    made_at: datetime
    due_at: datetime = Field(description="When the horizon ends. Whoever leaves in so many words settles it before.")
    settled_at: datetime | None = Field(None, description="When it was known: when it fell due, or when they left.")
    features: dict[str, float] = Field(description="What was known when the prediction was made.")
    predicted_churn: float = Field(ge=0, le=1)
    members: dict[str, float] = Field(default_factory=dict, description="The same by each model that competes.")
    predicted_engagement: float = Field(ge=0, description="Meaningful touchpoints expected in the window.")
    expected_low: float = Field(0.0, ge=0, description="Nine of ten outcomes should have at least so many,")
    expected_high: float = Field(0.0, ge=0, description="and at most so many.")
    predicted_value: float | None = Field(None, ge=0, description="Revenue expected within the horizon.")
    base_rate: float = Field(ge=0, le=1, description="The churn rate known when the prediction was made.")
    model: int = Field(ge=0, description="The version of the model that made it; 0 is none yet.")
    churned: bool = Field(description="No meaningful touchpoint within the horizon, or an explicit leave.")
    engaged: int = Field(ge=0, description="Meaningful touchpoints within the engagement window.")
    revenue: float = Field(0.0, description="What came in within the horizon, in `currency`.")
    currency: str | None = Field(
        None, description="ISO 4217, or empty if orders named none; none for a customer who never paid."
    )
    spent: float | None = Field(
        None, description="Paid in that currency before the prediction was made; none for who had never paid then."
    )
    dimensions: dict[str, str] = Field(
        default_factory=dict, description="What the customer is told apart by when it fell due: channel, plan, ..."
    )
    pains: list[str] = Field(
        default_factory=list, description="What had gone wrong in the 30 days before the prediction was made."
    )
    left: bool = Field(False, description="The customer left in so many words.")
