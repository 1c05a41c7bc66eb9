"""What brought customers, what it cost and whether they stay: the section `acquisition` of the population."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from schemas.population import Section


class Credit(BaseModel):
    """What one model of attribution gives a source. The credits of all rows sum to all acquired customers."""

    conversions: float = Field(description="First purchases.")
    revenue: dict[str, float] = Field(description="Of those who were acquired, to date, by currency.")


class Credits(BaseModel):
    """The same purchases shared out by four models."""

    first: Credit = Field(description="All to the first visit.")
    last: Credit = Field(description="All to the last visit before the purchase.")
    position: Credit = Field(description="40% to the first, 40% to the last, the rest to those between.")
    data_driven: Credit = Field(description="By how many purchases would be missing without it; see `removal_effect`.")


class Cost(BaseModel):
    """What customers cost and are worth, since spending was first reported, and for a year at most."""

    since: datetime = Field(description="The beginning of the first month with spending.")
    currency: str
    spent: float
    acquired: int = Field(description="Customers whose first visit came from here, and who first bought since then.")
    per_customer: float | None = Field(None, description="Spent, by those acquired; none if there are none.")
    revenue: float = Field(description="What those have paid to date, in the same currency.")
    value_to_cost: float | None = Field(None, description="Their revenue by what was spent.")
    payback_weeks: int | None = Field(
        None,
        description="Weeks after that of the first purchase in which a customer has paid, on average, what one costs;"
        " none if not within half a year. It is the mean of those who were customers for so long.",
    )


class Churned(BaseModel):
    """How many of the acquired customers are gone: silent for longer than policy.activity, or left in so many words."""

    customers: int = Field(description="Acquired customers who agree to be scored.")
    churned: int
    share: float
    low: float = Field(description="With `high`, the 95% interval of the share (Wilson).")
    high: float
    others: float | None = Field(
        None, description="The share among those whom other rows acquired in the same months; none without any."
    )
    p: float | None = Field(
        None,
        description="The chance of such a difference by chance, within months (Mantel and Haenszel), corrected for the"
        " number of rows (Holm); none where there are too few.",
    )
    verdict: Literal["worse", "better"] | None = Field(None, description="Where that chance is below 1%.")


class AcquiredBy(BaseModel):
    """A channel, a source of a channel, or a campaign of a source. Who belongs to it is told by the first visit."""

    channel: str
    source: str = ""
    campaign: str = ""
    visitors: int = Field(description="Whose first visit came from here, whether or not they have bought.")
    acquired: int = Field(description="Of those, how many have.")
    revenue: dict[str, float] = Field(description="What those have paid to date, by currency.")
    credits: Credits
    removal_effect: float = Field(description="The share of purchases that would be missing without it.")
    spent: dict[str, float] = Field(description="Reported for the last twelve months, by currency.")
    cost: Cost | None = Field(None, description="None if no spending was reported, or some in several currencies.")
    churn: Churned | None = Field(None, description="None without acquired customers.")


class Acquisition(Section):
    """What brings customers: first and last touch, position-based and data-driven attribution, cost, and who stays."""

    acquired: int = Field(description="Customers with a first purchase.")
    revenue: dict[str, float] = Field(description="What they have paid to date, by currency.")
    channels: list[AcquiredBy] = Field(
        description="Those credited most by position first; `unknown` is where no visit was seen."
    )
    sources: list[AcquiredBy] = Field(description="The first twenty, and `other`, which is all others together.")
    campaigns: list[AcquiredBy] = Field(description="Likewise; the one without a name is no campaign.")
