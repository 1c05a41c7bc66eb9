"""What can be done for a customer: the actions that a business lists, and what came of one."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

MAX_ACTIONS = 16
NOTHING = "nothing"
"""What customers get who are held out."""


class Action(BaseModel):
    """Something that can be done about a churn alert."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    suggestion: str = Field(max_length=300, description="What the alert says is to be done.")
    when: str = Field("", description="Whom it may be done for, as `revenue > 100`; docs/rules.md has the words.")
    cost: float = Field(0.0, ge=0.0, description="What it costs to do it once, in `currency`.")
    currency: str = Field("", pattern=r"^([A-Z]{3})?$", description="ISO 4217.")


ActionName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]
Actions = Annotated[dict[ActionName, Action], Field(max_length=MAX_ACTIONS)]
"""Actions by name."""


class Trial(BaseModel):
    """What was to be done about an alert, and how it ended: the example that the bandit learns from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Literal["trial"] = "trial"
    id: str = Field(description="That of the alert: the same trial has the same id, however often it is published.")
    customer: str
    action: str = Field(description="What was picked; `nothing` for a customer who was held out.")
    reported: str = Field("", description="What was reported as done; empty if nothing was.")
    begun_at: datetime
    due_at: datetime = Field(description="When the horizon ends.")
    context: dict[str, float] = Field(description="What was known of the customer when it was picked.")
    risk: float = Field(ge=0, le=1, description="The churn risk at that time.")
    at_stake: float | None = Field(None, description="Revenue at stake, in `currency`.")
    currency: str = ""
    stayed: bool = Field(description="A meaningful touchpoint came within the horizon, and no leave.")
