"""What all customers come to, section by section, as the last census found it."""

from datetime import datetime

from pydantic import BaseModel, Field


class Section(BaseModel):
    """What every section says."""

    at: datetime = Field(description="When it was counted.")
    customers: int = Field(description="Customers that were counted for it.")


class ActivityWeek(BaseModel):
    """One week, from Monday to Sunday, UTC."""

    begins: datetime
    active: int = Field(description="Customers with a touchpoint.")
    new: int = Field(description="Customers whose first touchpoint fell into it.")
    touchpoints: int
    orders: int
    revenue: dict[str, float] = Field(description="By currency.")


class Activity(Section):
    """How busy customers are, and where they are met."""

    weeks: list[ActivityWeek] = Field(description="The last weeks, the newest first, which is not over yet.")
    kinds: dict[str, int] = Field(description="Touchpoints by kind, over all time.")
    channels: dict[str, int] = Field(description="Customers met on each channel, over all time.")
    orders: int
    revenue: dict[str, float] = Field(description="By currency, over all time.")
