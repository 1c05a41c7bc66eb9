"""A prediction and what then happened: the labelled example that the learner learns from."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field


class Outcome(BaseModel):
    """One prediction whose time has come. Released for both classes alike, when the horizon has passed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(description="The same prediction has the same id, however often it is published.")
    customer: str
    made_at: datetime
    due_at: datetime = Field(description="When the horizon ended; earlier only if the customer left in so many words.")
    features: dict[str, float] = Field(description="What was known when the prediction was made.")
    predicted_churn: float = Field(ge=0, le=1)
    predicted_engagement: float = Field(ge=0, description="Meaningful touchpoints expected in the window.")
    base_rate: float = Field(ge=0, le=1, description="The churn rate known when the prediction was made.")
    model: int = Field(ge=0, description="The version of the model that made it; 0 is none yet.")
    churned: bool = Field(description="No meaningful touchpoint within the horizon, or an explicit leave.")
    engaged: int = Field(ge=0, description="Meaningful touchpoints within the engagement window.")
    left: bool = Field(False, description="The customer left in so many words.")
