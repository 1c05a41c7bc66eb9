"""What a touchpoint says in numbers: the money of an order, the answer of a survey."""

import math
from collections.abc import Mapping
from typing import Any

from processors.kinds import normal_name

MAX_AMOUNT = 1e12

# Lowest and highest answer of the usual surveys, told by a word of their name.
_NPS, _CSAT, _CES, _STARS = (0.0, 10.0), (1.0, 5.0), (1.0, 7.0), (1.0, 5.0)
_SCALES = {"nps": _NPS, "csat": _CSAT, "ces": _CES, "review": _STARS, "reviewed": _STARS}


def number_of(value: Any) -> float | None:
    """A finite number, also out of text such as `12.50`; anything else is none."""
    # Python reads `1_000` as a number; nobody who writes prices does.
    if isinstance(value, bool) or not isinstance(value, int | float | str) or (isinstance(value, str) and "_" in value):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) and abs(number) <= MAX_AMOUNT else None


def money_of(properties: Mapping[str, Any]) -> tuple[float | None, str]:
    """Amount and ISO 4217 code of an order, by Segment's `revenue`, else `total`, else `value`.

    >>> money_of({"revenue": "12.5", "currency": "eur"})
    (12.5, 'EUR')
    """
    currency = properties.get("currency")
    code = currency.strip().upper() if isinstance(currency, str) else ""
    if not (len(code) == 3 and code.isascii() and code.isalpha()):
        code = ""
    for name in ("revenue", "total", "value"):
        amount = number_of(properties.get(name))
        if amount is not None:
            return round(amount, 4), code
    return None, code


def rating_of(event: str, properties: Mapping[str, Any]) -> float | None:
    """A survey's answer scaled to 0..1, or none when it gave no number or one outside its scale.

    The scale is `properties.scale` (its highest answer) when given, else told by the survey's name, else 0..10 for
    `score` and 1..5 for `rating`.
    """
    words = _words_of(event, properties)
    for field, usual in (("score", (0.0, 10.0)), ("rating", (1.0, 5.0)), ("answer", (0.0, 10.0))):
        answer = number_of(properties.get(field))
        if answer is None:
            continue
        low, high = next((scale for word, scale in _SCALES.items() if word in words), usual)
        said = number_of(properties.get("scale"))
        if said is not None and said > low:
            high = said
        return round((answer - low) / (high - low), 4) if low <= answer <= high else None
    return None


def survey_of(event: str, properties: Mapping[str, Any]) -> str:
    """Which kind of survey it is: `nps`, `csat`, `ces`, or `rating` for stars, reviews and all others."""
    words = _words_of(event, properties)
    return next((each for each in ("nps", "csat", "ces") if each in words), "rating")


def _words_of(event: str, properties: Mapping[str, Any]) -> set[str]:
    """The words by which a survey is told."""
    told = (event, properties.get("survey"), properties.get("survey_type"))
    return {word for name in told if isinstance(name, str) for word in normal_name(name).split()}
