"""Funnels: steps that customers should take one after the other, as the business lists them."""

from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, GetJsonSchemaHandler, StringConstraints, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from schemas.duration import Duration, format_duration
from schemas.kinds import Kind

MOST_FUNNELS = 8
MOST_STEPS = 8

_KINDS = frozenset[str](Kind)

FunnelName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]
Step = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]


class Funnel(BaseModel):
    """Two to eight steps: names of events, or kinds. A list of them will do where there is no `within`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    steps: tuple[Step, ...] = Field(
        min_length=2, max_length=MOST_STEPS, description="Names of events, or kinds as `purchase`, in their order."
    )
    within: Duration | None = Field(None, description="A step counts so long after the first one at most; none: ever.")

    @model_validator(mode="before")
    @classmethod
    def _of_a_list(cls, said: Any) -> Any:
        return {"steps": said} if isinstance(said, list | tuple) else said

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        spelled = [step.lower() for step in self.steps]
        twice = next((step for place, step in enumerate(self.steps) if step.lower() in spelled[:place]), None)
        if twice is not None:
            raise ValueError(
                f"{twice!r} stands in it twice: a funnel goes by the first time of each step, so each stands in it once"
            )
        if self.within is not None and self.within.total_seconds() <= 0:
            raise ValueError("within must be longer than nothing; leave it out if any time will do")
        return self

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        whole = handler.resolve_ref_schema(handler(schema))
        return {"anyOf": [whole["properties"]["steps"], whole]}

    @property
    def events(self) -> frozenset[str]:
        """The steps that are names of events."""
        return frozenset(step for step in self.steps if step not in _KINDS)

    def __str__(self) -> str:
        """As `ebbflow settings` shows it."""
        steps = " > ".join(self.steps)
        return steps if self.within is None else f"{steps} within {format_duration(self.within)}"
