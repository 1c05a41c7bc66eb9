"""A touchpoint as it travels: Segment's spec, in camelCase, one JSON object a Kafka record."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic.alias_generators import to_camel

MAX_ID = 256
MAX_NAME = 256

_NONSENSE = frozenset(
    {
        "", "null", "undefined", "none", "nil", "nan", "anonymous", "unknown", "guest",
        "true", "false", "-1", "[object object]",
    }
)  # fmt: skip
_ALL_ZEROS = re.compile(r"[0\-]+")
EARLIEST = datetime(1970, 1, 2, tzinfo=UTC)
"""The first day of all is what a clock shows that was never set."""


def is_nonsense_id(value: str) -> bool:
    """Whether an id is what broken code sends instead of one: `null`, `undefined`, `-1`, all zeros, nothing visible."""
    return (
        value.strip().lower() in _NONSENSE
        or (value[0] in "0-" and _ALL_ZEROS.fullmatch(value) is not None)
        or (not value.isprintable() and not any(letter.isprintable() for letter in value))
    )


Bag = dict[str, Any] | None
Id = Annotated[str, StringConstraints(strip_whitespace=True, max_length=MAX_ID)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, max_length=MAX_NAME)]
Type = Literal["track", "identify", "page", "screen", "group", "alias"]
TYPES: tuple[str, ...] = get_args(Type)


class Touchpoint(BaseModel):
    """One thing that happened between a customer and the business.

    Either `userId` or `anonymousId` is required; `event` is required for `track`. What is not named here is
    ignored, so every client that speaks Segment's spec is understood.
    """

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        extra="ignore",
        coerce_numbers_to_str=True,
        json_schema_extra={"anyOf": [{"required": ["userId"]}, {"required": ["anonymousId"]}]},
    )

    type: Type
    message_id: Id | None = Field(None, description="Unique per touchpoint; a resent one carries the same id.")
    event: Name | None = Field(None, description="What happened, for `track`: `Order Completed`.")
    name: Name | None = Field(None, description="Which page or screen, for `page` and `screen`.")
    user_id: Id | None = None
    anonymous_id: Id | None = None
    previous_id: Id | None = Field(None, description="The former id, for `alias`.")
    group_id: Id | None = Field(None, description="The account or company, for `group`.")
    timestamp: datetime | None = Field(
        None,
        description="When it happened, UTC unless it says otherwise; when absent, the time of the Kafka record.",
    )
    properties: Bag = None
    context: Bag = None
    traits: Bag = None

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if self.user_id is not None:
            if is_nonsense_id(self.user_id):
                raise ValueError(f"userId {self.user_id!r} is not an id: leave it out when the user is not known")
        elif self.anonymous_id is None:
            raise ValueError("a touchpoint needs a userId or an anonymousId")
        elif is_nonsense_id(self.anonymous_id):
            raise ValueError(f"anonymousId {self.anonymous_id!r} is not an id: send a random one per visitor")
        if self.type == "track" and not self.event:
            raise ValueError("a track touchpoint needs an event name")
        if self.timestamp is not None:
            if self.timestamp.tzinfo is None:
                self.timestamp = self.timestamp.replace(tzinfo=UTC)
            if self.timestamp < EARLIEST:
                raise ValueError(f"timestamp {self.timestamp.isoformat()} is the zero of a clock, or before it")
        return self

    @property
    def customer(self) -> str:
        """The customer's key: the user id when it is known, else `anon:<anonymous id>`."""
        return self.user_id if self.user_id is not None else f"anon:{self.anonymous_id}"
