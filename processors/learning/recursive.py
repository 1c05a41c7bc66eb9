"""A logistic regression that learns each outcome once and ends up where refitting on all of them would.

A Gaussian belief about the weights is updated by each outcome (the extended Kalman filter of West, Harrison and Migon,
1985): a step is as long as the weight is uncertain, where gradient steps have one length for all. What was
learned fades towards the prior, so that the model follows a world that changes, and the belief never wanders off in a
direction about which nothing is heard.
"""

from collections.abc import Mapping
from math import exp
from typing import Any

import numpy as np
from river import base

_FADE_EVERY = 100
_SURE = 30.0


class RecursiveLogistic(base.Classifier):  # type: ignore[misc]
    """Probability of a yes, from inputs of about unit size; the same names in every example.

    `memory` is after how many outcomes a thing learned weighs 1/e; `guess` is what every weight is before anything was
    learned, and 1 the precision of that guess.
    """

    def __init__(self, memory: int = 10_000, guess: float = 0.0) -> None:
        self.memory, self.guess = memory, guess
        self.count = 0
        self.intercept = 0.0
        self.weights: np.ndarray = np.zeros(0)
        self._belief: np.ndarray = np.zeros((0, 0))

    def learn_one(self, x: Mapping[str, float], y: Any, **_: Any) -> None:
        """One outcome."""
        if not self.count:
            self.weights, self._belief = np.full(len(x), self.guess), np.eye(len(x) + 1)
        self.count += 1
        z = np.empty(len(x) + 1)
        z[0], z[1:] = 1.0, np.fromiter(x.values(), float, len(x))
        p = _sigmoid(self.intercept + float(self.weights @ z[1:]))
        toward = self._belief @ z
        certain = p * (1.0 - p)
        gain = toward / (1.0 + certain * float(z @ toward))
        step = gain * (bool(y) - p)
        self.intercept += float(step[0])
        self.weights += step[1:]
        self._belief -= np.outer(gain, toward) * certain
        if self.count % _FADE_EVERY == 0:
            self.loosen(exp(-_FADE_EVERY / self.memory))

    def predict_proba_one(self, x: Mapping[str, float], **_: Any) -> dict[Any, float]:
        """The chances of no and yes; even before the first outcome."""
        weights = self.weights if self.count else np.full(len(x), self.guess)
        p = _sigmoid(self.intercept + float(weights @ np.fromiter(x.values(), float, len(x))))
        return {False: 1.0 - p, True: p}

    def loosen(self, kept: float, kept_intercept: float | None = None) -> None:
        """Keep this share of the evidence only, and maybe less of that about the intercept; what comes next then counts
        for more."""
        if self.count:
            precision = np.linalg.inv((self._belief + self._belief.T) / 2.0)
            shares = np.full(len(precision), kept)
            shares[0] = kept if kept_intercept is None else kept_intercept
            roots = np.sqrt(shares)
            self._belief = np.linalg.inv(precision * np.outer(roots, roots) + np.diag(1.0 - shares))


def _sigmoid(score: float) -> float:
    return 1.0 / (1.0 + exp(-min(_SURE, max(-_SURE, score))))
