"""What the business decides: horizons and thresholds."""

from collections.abc import Mapping
from datetime import timedelta
from functools import cached_property
from typing import Any, Literal, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from schemas.actions import Actions
from schemas.duration import Duration
from schemas.funnel import MOST_FUNNELS, Funnel, FunnelName
from schemas.rules import Rules
from schemas.segments import MAX_SEGMENTS, OwnSegments

FacetName = Literal["activity", "satisfaction", "acquisition", "journey", "pains", "contacts"]
"""Sides of a customer that are kept unless they are turned off; see `processors.facets`."""

Part = FacetName | Literal["segments", "lifecycle", "rfm", "cluster", "sentiment", "value"]
"""What is kept, or concluded, unless it is turned off."""


class Spans(NamedTuple):
    """The durations of a policy in seconds."""

    horizon: float
    activity: float
    engagement_window: float
    predict_every: float
    hold: float
    cool_down: float
    lifetime: float


class Policy(BaseModel):
    """The rules that `advance` follows. All of it is pure configuration: no addresses, no secrets."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    horizon: Duration = Field(timedelta(days=30), description="Churn: no meaningful touchpoint for this long.")
    activity: Duration = Field(
        timedelta(days=90), description="A customer silent for longer is lost, and is no longer scored."
    )
    engagement_window: Duration = Field(
        timedelta(days=7), description="Engagement: meaningful touchpoints within this time."
    )
    predict_every: Duration = Field(
        timedelta(days=10),
        description="How often a prediction is noted down, to be checked when it falls due.",
    )
    churn_opens: float = Field(0.75, gt=0, lt=1, description="A churn alert opens at this risk.")
    churn_closes: float = Field(0.55, gt=0, lt=1, description="and closes below this one.")
    churn_alerts_per_day: int | None = Field(
        None,
        ge=1,
        description="A budget: at most so many churn alerts open in a day (UTC), on the most value at risk, and "
        "churn_opens is the least risk at which somebody comes into question. None: all of those get theirs.",
    )
    engagement_opens: float = Field(
        1.8, gt=1, description="An engagement alert opens at this multiple of the customer's usual."
    )
    engagement_closes: float = Field(1.2, gt=0, description="and closes below this one.")
    engagement_least: float = Field(
        3.0, ge=0, description="Fewer expected touchpoints than this are not worth an engagement alert."
    )
    hold: Duration = Field(timedelta(hours=12), description="A score must stay over its threshold this long.")
    cool_down: Duration = Field(timedelta(days=14), description="After an alert closed, the next one waits this long.")
    lifetime: Duration = Field(
        timedelta(days=1095), description="How far ahead a lifetime value looks; a year is 365d."
    )
    discount: float = Field(
        0.1, ge=0, le=10, description="By how much money loses its worth in a year, in a lifetime value: 0.1 is 10%."
    )
    margin: float = Field(1.0, gt=0, le=1, description="Share of the revenue that a lifetime value counts.")
    keep_apart: frozenset[str] = Field(
        frozenset(),
        description="Keys that are never merged, as `anon:4f1c` or `ada`. `ebbflow rebuild` undoes what was merged.",
    )

    funnels: dict[FunnelName, Funnel] = Field(
        default_factory=lambda: {"stages": Funnel(steps=("discover", "consider", "purchase"))},
        max_length=MOST_FUNNELS,
        description='Steps that customers should take: `checkout = ["Product Viewed", "Order Completed"]`; a rebuild'
        " finds them in what was before.",
    )
    without: frozenset[Part] = Field(
        frozenset(),
        description="What is not kept of customers, or not concluded, as `journey`; a rebuild changes what is held.",
    )
    actions: Actions = Field(
        default_factory=dict,
        description="What can be done about a churn alert, by name: a section `[policy.actions.NAME]` each.",
    )
    hold_out: float = Field(
        0.1, ge=0, lt=1, description="Share of churn alerts for which nothing is done, to tell what actions do."
    )
    contacts: int = Field(2, ge=1, le=8, description="No action is picked for who had so many contacts already,")
    contact_window: Duration = Field(timedelta(days=30), description="within this time.")
    rules: Rules = Field(
        default_factory=dict, description="Alert rules of your own, by name: a section `[rules.NAME]` each."
    )

    segments: OwnSegments = Field(
        default_factory=dict,
        description='Segments of your own, by name: `vip = "revenue > 1000 and recency < 30"`; see docs/segments.md.',
    )
    segment_alerts: tuple[str, ...] = Field(
        (), max_length=MAX_SEGMENTS, description='Segments whose entering is an alert: `["vip", "At risk"]`.'
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.churn_closes >= self.churn_opens:
            raise ValueError("churn_closes must be below churn_opens, or alerts would flap")
        if self.engagement_closes >= self.engagement_opens:
            raise ValueError("engagement_closes must be below engagement_opens, or alerts would flap")
        for name in ("horizon", "activity", "engagement_window", "predict_every", "lifetime"):
            if getattr(self, name) <= timedelta(0):
                raise ValueError(f"{name} must be longer than nothing")
        if self.engagement_window > self.horizon:
            raise ValueError("engagement_window must not be longer than horizon: both are settled when it ends")
        return self

    @cached_property
    def seconds(self) -> Spans:
        """The durations in seconds, ready for the hot path."""
        return Spans(*(getattr(self, name).total_seconds() for name in Spans._fields))

    @cached_property
    def followed(self) -> frozenset[str]:
        """The names of events that are steps of a funnel."""
        return frozenset(event for funnel in self.funnels.values() for event in funnel.events)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """As pydantic's, but what was derived from the original is not the copy's."""
        copied = super().model_copy(update=update, deep=deep)
        for derived in ("seconds", "digest", "followed"):
            copied.__dict__.pop(derived, None)
        return copied

    @cached_property
    def digest(self) -> int:
        """Equal policies have equal digests, and those that are followed one after the other have others: what is
        derived from a policy is remembered by it, and looked up at every step."""
        named = (self.rules, self.actions, self.segments)
        return hash((self.seconds, *(frozenset(each.items()) for each in named)))

    def __hash__(self) -> int:
        return self.digest
