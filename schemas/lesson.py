"""What the learner learns from: the records of the topic `outcomes`."""

from typing import Annotated, Any

from pydantic import Discriminator, Tag, TypeAdapter

from schemas.actions import Trial
from schemas.outcome import Outcome
from schemas.rated_text import RatedText


def _kind(value: Any) -> str:
    told = value.get("type") if isinstance(value, dict) else getattr(value, "type", None)
    return "outcome" if told is None else str(told)


Lesson = Annotated[
    Annotated[Outcome, Tag("outcome")] | Annotated[Trial, Tag("trial")] | Annotated[RatedText, Tag("text")],
    Discriminator(_kind),
]
"""An outcome, which has no type, a trial, or a rated text."""

LESSON: TypeAdapter[Outcome | Trial | RatedText] = TypeAdapter(Lesson)
