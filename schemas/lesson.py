"""What the learner learns from: the records of the topic `outcomes`."""

from typing import Annotated, Any

from pydantic import Discriminator, Tag, TypeAdapter

from schemas.actions import Trial
from schemas.outcome import Outcome


def _kind(value: Any) -> str:
    told = value.get("type") if isinstance(value, dict) else getattr(value, "type", None)
    return "outcome" if told is None else str(told)


Lesson = Annotated[
    Annotated[Outcome, Tag("outcome")] | Annotated[Trial, Tag("trial")],
    Discriminator(_kind),
]
"""An outcome, which has no type, or a trial."""

LESSON: TypeAdapter[Outcome | Trial] = TypeAdapter(Lesson)
