"""A logistic regression that learns each outcome once and ends up where refitting on all of them would."""

from collections.abc import Mapping
from math import exp
from typing import Any

import numpy as np
from river import base

from processors.learning.belief import Belief

_SURE = 30.0


class RecursiveLogistic(base.Classifier):  # type: ignore[misc]
    """Probability of a yes, from inputs of about unit size; the same names in every example.

    `memory` is after how many outcomes a thing learned weighs 1/e; `guess` is what every weight is before anything was
    learned.
    """

    def __init__(self, memory: int = 10_000, guess: float = 0.0) -> None:
        self.memory, self.guess = memory, guess
        self._belief: Belief | None = None

    @property
    def count(self) -> int:
        """Outcomes learned from."""
        return self._belief.count if self._belief else 0

    @property
    def intercept(self) -> float:
        """The log-odds where all inputs are 0."""
        return self._belief.intercept if self._belief else 0.0

    @property
    def weights(self) -> np.ndarray:
        """In the order of the inputs; none before the first outcome."""
        return self._belief.weights if self._belief else np.zeros(0)

    def learn_one(self, x: Mapping[str, float], y: Any, **_: Any) -> None:
        """One outcome."""
        if self._belief is None:
            self._belief = Belief(len(x), self.memory, self.guess)
        inputs = np.fromiter(x.values(), float, len(x))
        p = _sigmoid(self._belief.score(inputs))
        self._belief.learn(inputs, bool(y) - p, p * (1.0 - p))

    def predict_proba_one(self, x: Mapping[str, float], **_: Any) -> dict[Any, float]:
        """The chances of no and yes; even before the first outcome."""
        inputs = np.fromiter(x.values(), float, len(x))
        p = _sigmoid(self._belief.score(inputs) if self._belief else self.guess * float(inputs.sum()))
        return {False: 1.0 - p, True: p}

    def loosen(self, kept: float, kept_intercept: float | None = None) -> None:
        """Keep this share of the evidence only, and maybe less of that about the intercept."""
        if self._belief:
            self._belief.loosen(kept, kept_intercept)


def _sigmoid(score: float) -> float:
    return 1.0 / (1.0 + exp(-min(_SURE, max(-_SURE, score))))
