"""What the workers use: one frozen version of the models, with reasons that are the models' own."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from processors.learning.bandit import Promises
from processors.learning.daily_spend import Spends
from processors.learning.habit import Habit
from processors.learning.inputs import INPUTS, history, inputs_of, probability
from processors.learning.scorers import Bounds, Inputs, Linear, Scorer
from processors.learning.value import LARGEST
from processors.models import MEMBERS, UNKNOWN, Expected, Explanation, Heard, Part, Said
from processors.segments.behaviour import Groups
from processors.sentiment.serving import ServedSentiment


@dataclass(frozen=True)
class ServedModels:
    """One version.

    `horizon` is what the outcomes learned from spanned, in days. `below` and `above` are the distances of the
    engagement interval, in square roots of counts. `revenues` are mean revenues by currency, `spends` what is spent on
    an active day.
    """

    version: int
    outcomes: int
    warm: bool
    base_rate: float
    auc: float | None
    champion: str
    bounds: Bounds
    pool: Mapping[str, Scorer]
    habit: Habit
    horizon: float
    log_engagement: Linear
    below: float
    above: float
    log_share: Linear
    revenues: Mapping[str, float]
    spends: Spends
    groups: Groups
    promises: Promises
    sentiment: ServedSentiment | None
    inputs: Sequence[str] = INPUTS

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Raises `ValueError` for models of a release that saw other inputs or kept other things in mind."""
        if state.get("inputs") != INPUTS or state.keys() != {field.name for field in fields(self)}:
            raise ValueError("another release has served this")
        self.__dict__.update(state)

    def score(self, features: Sequence[float], at: float, currency: str) -> Said:
        """The champion's probability of churn, expected engagement, and expected revenue."""
        inputs = self._inputs(features, at)
        churn = probability(self.pool[self.champion](inputs))
        if not self.outcomes:
            return Said(churn)
        count = math.exp(self.log_engagement(inputs))
        root = math.sqrt(count)
        low, high = max(0.0, root + self.below) ** 2, max(0.0, root + self.above) ** 2
        mean = self.revenues.get(currency)
        value = None if mean is None else mean * math.exp(min(LARGEST, self.log_share(inputs)))
        return Said(churn, Expected(count, low, high), value)

    def members(self, features: Sequence[float], at: float) -> Sequence[float]:
        """The probability of churn by each member of the pool."""
        inputs = self._inputs(features, at)
        return [probability(self.pool[name](inputs)) for name in MEMBERS]

    def explain(self, features: Sequence[float], at: float) -> Explanation:
        """The champion's log-odds taken apart."""
        return _explain(self.pool[self.champion], self._inputs(features, at))

    def explain_engagement(self, features: Sequence[float], at: float) -> Explanation:
        """The logarithm of the expected engagement taken apart."""
        return _explain(self.log_engagement, self._inputs(features, at))

    def lifetime(
        self, features: Sequence[float], spent: float, currency: str, span: float, discount: float
    ) -> float | None:
        """Expected active days, discounted, times what is to be expected of one."""
        past = history(features)
        spend = self.spends.expected(past.repeats + 1.0, spent, currency)
        return None if spend is None else spend * self.habit.expected(*past, span, discount)

    def promise(self, action: str, context: Mapping[str, float]) -> tuple[float, float]:
        """What is believed of an action."""
        return self.promises(action, context)

    def cluster(self, features: Sequence[float], held: str) -> str:
        """Those whom such a customer behaves like."""
        return self.groups.of(features, held)

    def hear(self, text: str) -> Heard:
        """How a text sounds; unknown until enough rated texts were learned from."""
        return UNKNOWN if self.sentiment is None else self.sentiment.hear(text)

    def _inputs(self, features: Sequence[float], at: float) -> Inputs:
        return self.bounds(inputs_of(features, at, self.habit, self.horizon))


def _explain(scorer: Scorer, inputs: Inputs) -> Explanation:
    parts = map(Part, scorer.contributions(inputs), INPUTS, inputs.values)
    return Explanation(scorer.average, list(parts))
