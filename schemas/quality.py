"""How good the data are that a gateway's sources send, as `GET /v1/quality` says it."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

Share = float | None
"""From 0 to 1; none where there was nothing to take a share of."""


class PlannedEvent(BaseModel):
    """One event of the tracking plan."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    event: str = Field(description="Its name in the plan; `other` stands for those beyond the bound.")
    received: int
    off_plan: int = Field(description="How many of them violate the plan.")
    violations: dict[str, int] = Field(description="How many violate it, by field.")
    completeness: dict[str, Share] = Field(description="The share that has an optional field of the plan, by field.")


class SourceQuality(BaseModel):
    """The data of one source: what came with the write keys of one name. What was not acknowledged is not counted."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str = Field(description="The name of the write key.")
    since: datetime | None = Field(description="When counting began.")
    accepted: int
    rejected: dict[str, int] = Field(description="Events refused, by code; see Rejected.")
    withheld: int = Field(description="Events that were not kept, since the customer does not consent to analytics.")
    validity: Share = Field(description="The share of events that were accepted and are not off the plan.")
    completeness: dict[str, Share] = Field(
        description="The share of accepted events that came with a userId, timestamp, messageId, context.library."
    )
    duplicates: Share = Field(description="The share of message ids that had just been seen.")
    median_delay: float | None = Field(description="Seconds from happening to receipt: half of the dated events.")
    p95_delay: float | None = Field(description="Seconds from happening to receipt: 95% of the dated events.")
    last_seen: datetime | None = Field(description="When it last sent an event, to within seconds.")
    unplanned: int = Field(description="Events (track) that the tracking plan does not know.")
    plan: list[PlannedEvent] = Field(description="The events of the plan that came; those with most violations first.")


class Quality(BaseModel):
    """The quality of all sources."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    complete: bool = Field(description="False when Redis was away: then it is what this gateway alone counted.")
    sources: list[SourceQuality]
