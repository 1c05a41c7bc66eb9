"""A record that could not be read, kept whole so that nothing is lost."""

from datetime import datetime
from enum import StrEnum

from pydantic import Base64Bytes, BaseModel, ConfigDict, Field


class RejectionCode(StrEnum):
    """Why a touchpoint was refused."""

    NOT_JSON = "not_json"
    NOT_AN_OBJECT = "not_an_object"
    TOO_LARGE = "too_large"
    TOO_DEEP = "too_deep"
    INVALID = "invalid"
    IN_THE_FUTURE = "in_the_future"
    NOT_FOLDED = "not_folded"
    OFF_PLAN = "off_plan"


class Rejection(BaseModel):
    """What is wrong, where, and what to do."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: RejectionCode
    message: str = Field(description="What is wrong and what would be right.")
    where: str = Field("", description="The field at fault, as a path: `properties.revenue`.")


class Rejected(BaseModel):
    """One record of the `rejected` topic."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rejection: Rejection
    source: str = Field(description="Who refused it: `gateway`, `worker` or `replay`.")
    at: datetime
    topic: str = ""
    partition: int = -1
    offset: int = -1
    key: Base64Bytes = Field(b"", description="The record's key, base64.")
    original: Base64Bytes = Field(description="The record as it came, base64.")
