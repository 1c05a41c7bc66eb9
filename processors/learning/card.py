"""The card of a model version: what it has seen, how good it was, and how well its probabilities hold."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from processors.learning.habit import Habit
from processors.learning.measures import Bin, Measures
from processors.sentiment.record import Record


@dataclass(frozen=True)
class Card:
    """What people should know before they trust a version.

    `until` is the latest due date that was reached by an outcome learned from. `recent` and `all_time` hold the
    measures of the champion as it really served, of each model, and of the baselines. `coverage` is the share of recent
    outcomes within the engagement interval, which should hold nine of ten. `sentiment` is how well texts were heard.
    `back_to` is the version that a rollback made this one of.
    """

    version: int
    outcomes: int
    churned: int
    base_rate: float
    until: datetime | None
    champion: str
    habit: Habit
    drifts: int
    recent: Mapping[str, Measures]
    all_time: Mapping[str, Measures]
    calibration: list[Bin]
    coverage: float | None
    sentiment: Record = field(default_factory=Record)
    back_to: int | None = None
