"""A text that came with a rating: the example that sentiment is learned from. It says neither who wrote it nor what."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

MOST_TOKENS = 2_000
HIGHEST_TOKEN = 2**23 - 1


class RatedText(BaseModel):
    """The hashed tokens of a text, and the rating that its writer gave with it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Literal["text"] = "text"
    id: str = Field(description="The same text of the same touchpoint has the same id, however often it is published.")
    tokens: list[Annotated[int, Field(ge=0, le=HIGHEST_TOKEN)]] = Field(
        max_length=MOST_TOKENS, description="Hashes of words and of their neighbours, in 23 bits; none is there twice."
    )
    rating: float = Field(ge=0, le=1, description="0 is the worst and 1 the best answer of the survey.")
