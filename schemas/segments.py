"""Segments: the named groups that customers stand in, and the four ways by which they are told apart."""

from collections.abc import Mapping
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from schemas.population import Section

By = Literal["lifecycle", "rfm", "cluster", "own"]
"""Where they are in their life as customers; recency, frequency and money; how they behave; and what the user defines.
By each of the first three a customer stands in one segment at a time, and in any number of the user's own."""

Stage = Literal["new", "active", "returning", "dormant", "lost", "left"]
"""Stages of the lifecycle."""

RfmName = Literal[
    "Champions",
    "Loyal",
    "Potential loyalists",
    "New customers",
    "Promising",
    "Need attention",
    "About to sleep",
    "At risk",
    "Can't lose",
    "Hibernating",
    "Lost customers",
]
"""The usual names of what recency, frequency and money say together."""

NEWCOMERS = "newcomers"
"""Where customers came from who were in none before."""

MAX_SEGMENTS = 64
_STAGES = get_args(Stage)


def _check_names(segments: Mapping[str, str]) -> Mapping[str, str]:
    for name in segments:
        if name in (*_STAGES, NEWCOMERS):
            raise ValueError(f"{name} is a stage of the lifecycle: call your segment something else")
    return segments


SegmentName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]
OwnSegments = Annotated[dict[SegmentName, str], Field(max_length=MAX_SEGMENTS), AfterValidator(_check_names)]
"""The user's own segments by name, each an expression; docs/rules.md has its words."""


class SegmentSize(BaseModel):
    """One segment, and who stands in it."""

    name: str
    by: By = Field(description="How it is told apart.")
    customers: int
    risk: float | None = Field(None, description="Mean churn risk of those who are scored, once the models are warm.")
    expected: dict[str, float] = Field(description="Revenue expected of them within the horizon, by currency.")
    revenue: dict[str, float] = Field(description="What they have paid so far, by currency.")
    entered: int = Field(description="Those of them who came from elsewhere within the last 30 days.")
    departed: int = Field(description="Those who stood in it before, and moved on within the last 30 days.")


class Move(BaseModel):
    """Customers who moved from one segment to another within the last 30 days, by the last move of each."""

    by: By
    source: str = Field(description="Where they stood before; `newcomers` for who stood nowhere.")
    target: str
    customers: int


class Segments(Section):
    """The segments that customers stand in, and how they move between them."""

    segments: list[SegmentSize] = Field(description="By how they are told apart, and then in their usual order.")
    moves: list[Move] = Field(description="The most frequent first.")
