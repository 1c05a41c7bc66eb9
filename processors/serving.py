"""What the scorers use: one frozen version of the models, with reasons that are the models' own."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import mul, sub
from typing import Any, Self

from processors.features import NAMES

_LIMIT = 500.0


@dataclass(frozen=True)
class Linear:
    """A linear model on standardised features, unrolled into vectors: every customer of every batch is scored.

    `weights` are for raw features, in the order of `features.NAMES`; a feature adds `weight * (value - mean)`, and
    `intercept` is what the average customer has.
    """

    means: Sequence[float]
    weights: Sequence[float]
    intercept: float

    @cached_property
    def origin(self) -> float:
        """The score where all features are 0."""
        return self.intercept - float(sum(map(mul, self.weights, self.means)))

    @classmethod
    def of(cls, pipeline: Any) -> Self:
        """From a River pipeline of a `StandardScaler` and a linear model."""
        scaler, linear = pipeline["StandardScaler"], list(pipeline.steps.values())[-1]
        spread = {name: math.sqrt(variance) for name, variance in scaler.vars.items()}
        weights = linear.weights
        return cls(
            means=[scaler.means.get(name, 0.0) for name in NAMES],
            # River's scaler maps a feature that never varied to 0.
            weights=[weights.get(name, 0.0) / spread[name] if spread.get(name) else 0.0 for name in NAMES],
            intercept=linear.intercept,
        )

    def contributions(self, features: Sequence[float]) -> list[float]:
        """What each feature adds against the average customer."""
        return list(map(mul, self.weights, map(sub, features, self.means)))

    def __call__(self, features: Sequence[float]) -> float:
        """The linear score, within what `exp` can take."""
        score = self.origin + sum(map(mul, self.weights, features))
        return _LIMIT if score > _LIMIT else -_LIMIT if score < -_LIMIT else score


@dataclass(frozen=True)
class ServedModels:
    """One version: a logistic regression of churn and a Poisson regression of engagement."""

    version: int
    outcomes: int
    warm: bool
    base_rate: float
    auc: float | None
    log_odds: Linear
    log_engagement: Linear

    def churn(self, features: Sequence[float]) -> float:
        """Probability that no meaningful touchpoint comes within the horizon."""
        return 1.0 / (1.0 + math.exp(-self.log_odds(features)))

    def engagement(self, features: Sequence[float]) -> float | None:
        """Expected meaningful touchpoints within the engagement window; none before anything was learned."""
        return math.exp(self.log_engagement(features)) if self.outcomes else None

    def explain(self, features: Sequence[float]) -> Sequence[float]:
        """Contributions to the churn score; with the intercept they sum to its log-odds."""
        return self.log_odds.contributions(features)

    def explain_engagement(self, features: Sequence[float]) -> Sequence[float]:
        """Contributions to the logarithm of the expected engagement; with the intercept they sum to it."""
        return self.log_engagement.contributions(features)
