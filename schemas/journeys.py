"""The journeys of all customers: the steps they take, how far they come, and where they leave."""

from pydantic import BaseModel, Field

from schemas.kinds import Kind
from schemas.population import Section


class NextStep(BaseModel):
    """What came next after a step."""

    step: Kind
    count: int = Field(description="How often it came next.")
    share: float = Field(description="of the times that the step before was taken.")
    mean_seconds: float = Field(description="Mean time from the one to the other.")


class JourneyStep(BaseModel):
    """One kind of touchpoint as a step."""

    step: Kind
    taken: int = Field(description="How often it was taken.")
    began: int = Field(description="Customers whose journey began with it.")
    left: int = Field(description="Customers who said that they leave, and did nothing after it but that.")
    silent: int = Field(description="Customers who did nothing after it, and have been silent for policy.activity.")
    leaving: float = Field(description="Share of the times it was taken after which the customer was gone.")
    next: list[NextStep] = Field(description="What came next, the most often first.")


class StageReached(BaseModel):
    """How many customers came to a stage, and what became of them."""

    stage: Kind
    reached: int = Field(description="Customers who ever had a touchpoint of it.")
    went_on: int = Field(description="of them, who came to a later stage from there; leaving is none.")
    dropped: int = Field(description="of them, who did not, and are gone: they said so, or fell silent.")
    waiting: int = Field(description="of them, who did not, and are still there.")
    mean_seconds: float | None = Field(description="Mean time until they came to a later stage; none if nobody did.")


class Share(BaseModel):
    """A share of customers, and where it lies with 95% confidence (Wilson, 1927)."""

    share: float = Field(ge=0, le=1)
    low: float = Field(ge=0, le=1)
    high: float = Field(ge=0, le=1)


class FunnelStep(BaseModel):
    """How many customers came to a step of a funnel by way of those before it."""

    step: str
    reached: int
    of_previous: Share | None = Field(description="Share of those at the step before; none at the first.")
    of_first: Share | None = Field(description="Share of those at the first step.")
    mean_seconds: float | None = Field(description="Mean time from the step before; none if nobody came.")
    dropped: int = Field(description="Customers who came no further, and are gone.")
    waiting: int = Field(description="Customers who came no further yet, and are still there.")


class FunnelSeen(BaseModel):
    """A funnel, by the first time that each customer took each step."""

    name: str
    within: str | None = Field(description="How long after the first step a step counts, as `7d`; none: ever.")
    steps: list[FunnelStep]


class WayOut(BaseModel):
    """The last steps of customers who are gone."""

    steps: list[Kind] = Field(description="The last two, or the only one.")
    customers: int


class Journeys(Section):
    """The ways customers take: steps, stages and funnels, and where they end."""

    gone: int = Field(description="Customers who said that they leave, or have been silent for policy.activity.")
    unplaced: int = Field(description="Touchpoints that came too late for it to be known what came before them.")
    steps: list[JourneyStep]
    stages: list[StageReached]
    funnels: list[FunnelSeen]
    ways_out: list[WayOut] = Field(description="The most frequent first, ten at the most.")
