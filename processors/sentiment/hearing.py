"""Hearing: what becomes of the texts among a customer's touches. Those with a rating teach, and each is judged."""

from collections.abc import Sequence
from hashlib import blake2b

from processors.kinds import normal_name
from processors.models import Models
from processors.sentiment.mood import mood_of
from processors.sentiment.praise import is_praise
from processors.sentiment.tokens import tokens
from schemas.judgements import Mood
from schemas.rated_text import RatedText
from schemas.touch import Touch

_BY_THE_TEAM = "live chat message received"
"""Whose text is not the customer's, but what they were answered."""


def written_in(touches: Sequence[Touch]) -> list[tuple[Touch, str]]:
    """The touches that have a text of the customer's, and what it is."""
    return [
        (touch, touch.details.text)
        for touch in touches
        if touch.details is not None and touch.details.text and normal_name(touch.name) != _BY_THE_TEAM
    ]


def lessons_of(written: Sequence[tuple[Touch, str]]) -> list[RatedText]:
    """What texts teach: those that came with praise or a complaint in numbers."""
    return [
        RatedText(id=_id(touch, text), tokens=found, rating=touch.rating)
        for touch, text in written
        if touch.rating is not None and is_praise(touch.rating) is not None and (found := tokens(text))
    ]


def moods_of(written: Sequence[tuple[Touch, str]], models: Models) -> list[Mood]:
    """How each text sounds."""
    return [mood_of(models.hear(text), touch.at) for touch, text in written]


def _id(touch: Touch, text: str) -> str:
    # By the message, which is the same under whichever key it comes; without one, by all that tells it from others.
    said = touch.digest or f"{touch.customer}\n{touch.at:.3f}\n{touch.name}\n{touch.rating}".encode()
    return blake2b(said + b"\n" + text.encode(), digest_size=12).hexdigest()
