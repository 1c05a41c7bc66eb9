"""What customers have paid, and what is to be expected of them: a section of the population."""

from pydantic import BaseModel, Field

from schemas.population import Section


class ValueIn(BaseModel):
    """Value in one currency. A customer who pays in several is expected to pay in the one used most lately."""

    currency: str = Field(description="ISO 4217; empty when orders named none.")
    customers: int = Field(description="Who have paid in it.")
    to_date: float = Field(description="What they have paid so far.")
    to_date_by_tenth: list[float] = Field(
        description="Which share of that the tenth of them who paid most has paid, and each tenth after it."
    )
    active: int = Field(description="Those who are still there, and pay in it; the rest is of them.")
    expected: float = Field(description="Revenue expected within the horizon.")
    at_risk: float = Field(description="The same, times the churn risk, of those at high risk.")
    valued: int = Field(description="Those whose lifetime value is known.")
    lifetime: float = Field(description="Their lifetime values: what is still to come, times the margin, discounted.")
    lifetime_by_tenth: list[float] = Field(
        description="Which share of that the tenth of them with the most has, and each tenth after it."
    )


class Value(Section):
    """What customers have paid, and what is to be expected of them."""

    currencies: list[ValueIn] = Field(description="That with the most revenue first, ten at the most.")
