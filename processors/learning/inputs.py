"""What the models see: the customer's features, the day of the week, and what the habit of such a customer says."""

from collections.abc import Callable, Sequence
from math import cos, exp, expm1, log, pi, sin
from typing import TYPE_CHECKING, NamedTuple

from processors.decay import DAY
from processors.features import ACTIVE_DAYS, ACTIVITY, NAMES, RECENCY, TENURE, WORDS

if TYPE_CHECKING:
    # Who only shows what inputs are called (the gateway, the command line) need not wait for scipy.
    from processors.learning.habit import Habit

INPUTS = (*NAMES, "weekday_sin", "weekday_cos", "missed", "habit")
HABIT = INPUTS.index("habit")

_WEEK = 2.0 * pi / (7.0 * DAY)
_LEAST = 1e-4


def inputs_of(features: Sequence[float], at: float, habit: "Habit", horizon: float) -> list[float]:
    """The inputs at `at` (epoch seconds), in the order of `INPUTS`; `horizon` in days.

    The season of the year is not among them: on logs of little more than a year it cannot be told from the ageing of
    the customers (on CDNOW it raised the log loss from .621 to .645).
    """
    phase = at * _WEEK
    # The same silence says more of a busy customer.
    missed = features[RECENCY] * features[ACTIVITY]
    return [*features, sin(phase), cos(phase), missed, log_odds(habit.stays_away(*history(features), horizon))]


class History(NamedTuple):
    """Active days after the first, days between the first and the last of them, days since the first."""

    repeats: float
    recency: float
    age: float


def history(features: Sequence[float]) -> History:
    """What the habit looks at."""
    age = expm1(features[TENURE])
    silence = expm1(features[RECENCY])
    return History(max(0.0, round(expm1(features[ACTIVE_DAYS])) - 1.0), max(0.0, age - silence), max(0.0, age))


def log_odds(p: float) -> float:
    """The logarithm of the odds of a probability, kept from the extremes."""
    p = min(1.0 - _LEAST, max(_LEAST, p))
    return log(p / (1.0 - p))


def probability(score: float) -> float:
    """The probability that log-odds stand for."""
    return 1.0 / (1.0 + exp(-score)) if score > -500.0 else 0.0


IN_WORDS: dict[str, Callable[[float], str]] = {
    **WORDS,
    "weekday_sin": lambda _: "the day of the week",
    "weekday_cos": lambda _: "the day of the week",
    "missed": lambda _: "suddenly silent",
    "habit": lambda value: f"{probability(value):.0%} of customers with such a rhythm stay away",
}
