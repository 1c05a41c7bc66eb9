"""A belief about the weights of a score: Gaussian, made surer by each outcome, and fading.

Each outcome updates it once (the extended Kalman filter of West, Harrison and Migon, 1985), and it ends up where
refitting on all of them would: a step is as long as the weight is uncertain, where gradient steps have one length for
all. What was learned fades towards the prior's uncertainty, so that the belief follows a world that changes, and never
wanders off in a direction about which nothing is heard.
"""

from math import exp

import numpy as np

_FADE_EVERY = 100


class Belief:
    """What is believed of an intercept and of the weights of some inputs of about unit size.

    `memory` is after how many outcomes a thing learned weighs 1/e; `guess` is what every weight is before anything was
    learned, `precision` how sure that is: the outcomes that it counts for. Of the intercept 1 is known.
    """

    def __init__(self, size: int, memory: int, guess: float = 0.0, precision: float = 1.0) -> None:
        self.count = 0
        self.intercept = 0.0
        self.weights: np.ndarray = np.full(size, guess)
        self._memory = memory
        self._prior: np.ndarray = np.full(size + 1, precision)
        self._prior[0] = 1.0
        self._spread: np.ndarray = np.diag(1.0 / self._prior)

    def score(self, inputs: np.ndarray) -> float:
        """The intercept and the weighted inputs."""
        return self.intercept + float(self.weights @ inputs)

    def learn(self, inputs: np.ndarray, surprise: float, certain: float) -> None:
        """One outcome: `surprise` is what the score should have been moved by, `certain` how much an outcome says of
        the score. They are the first derivative of the log-likelihood, and minus the second."""
        self.count += 1
        z = np.empty(len(inputs) + 1)
        z[0], z[1:] = 1.0, inputs
        toward = self._spread @ z
        gain = toward / (1.0 + certain * float(z @ toward))
        step = gain * surprise
        self.intercept += float(step[0])
        self.weights += step[1:]
        self._spread -= np.outer(gain, toward) * certain
        if self.count % _FADE_EVERY == 0:
            self.loosen(exp(-_FADE_EVERY / self._memory))

    def loosen(self, kept: float, kept_intercept: float | None = None) -> None:
        """Keep this share of the evidence only, and maybe less of that about the intercept; what comes next then counts
        for more."""
        precision = np.linalg.inv((self._spread + self._spread.T) / 2.0)
        shares = np.full(len(precision), kept)
        shares[0] = kept if kept_intercept is None else kept_intercept
        roots = np.sqrt(shares)
        self._spread = np.linalg.inv(precision * np.outer(roots, roots) + np.diag((1.0 - shares) * self._prior))
