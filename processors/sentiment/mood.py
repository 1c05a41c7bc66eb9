"""Mood: how a customer sounds, from all that they wrote. What was said long ago weighs less, whenever it comes in."""

from processors.decay import DAY, HALF_LIVES, MIDDLE
from processors.models import Heard
from schemas.judgements import Mood

_HALF_LIFE = HALF_LIVES[MIDDLE] * DAY


def mood_of(heard: Heard, at: float) -> Mood:
    """The mood of one text. One of which nothing can be told weighs nothing, but may be the last one."""
    told = heard.label != "unknown"
    return Mood(heard.label, at, int(told), heard.score * told, float(told))


def together(one: Mood | None, other: Mood | None) -> Mood | None:
    """The moods of two times, or of two keys of a customer."""
    if one is None or other is None:
        return one or other
    early, late = (one, other) if one.at <= other.at else (other, one)
    left = 0.5 ** ((late.at - early.at) / _HALF_LIFE)
    total, weights = late.total + left * early.total, late.weights + left * early.weights
    return Mood(late.label, late.at, early.texts + late.texts, round(total, 4), round(weights, 4))
