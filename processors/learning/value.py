"""Value: the revenue that is expected of a customer within the horizon. It is a mean, so it adds up over customers.

A quasi-Poisson regression (Wedderburn, 1974) of revenue in units of its currency's mean, so that one model serves all
currencies and the mean is followed. It is learned as churn is, by a belief about the weights. What is spent is spread
wider than any model says, and then:

- How much an outcome says is divided by the dispersion, which is followed: the mean of squared surprises over what was
  expected.
- One large order must not teach what the next such customer is worth. Of a surprise no more counts than twice what such
  a customer would have spent if they bought; what is cut off is counted, and added to all by one factor, so that the
  sum of what is expected is not short of it.
"""

from collections import Counter
from collections.abc import Mapping
from math import exp, log1p

import numpy as np

from processors.learning.belief import Belief
from processors.learning.inputs import INPUTS
from processors.learning.scale import Scale
from processors.learning.scorers import Linear

LARGEST = 5.0
"""Logarithm of the mean revenues that are expected of anybody at the most; 150 of them."""
_LEAST = -10.0
_MEMORY = 20_000
"""Outcomes after which a thing learned weighs 1/e: the few who spend much are seen seldom."""
_MEAN_MEMORY = 10_000
_PRECISION = 300.0
"""Outcomes that the guess that an input says nothing counts for."""
_MOST = 2.0
_MOST_DISPERSED = 1_000.0
_FEWEST = 1e-4
_AT_FIRST = 10
"""Outcomes that what is assumed of the spread counts for."""


class Value:
    """What was learned of revenue so far; `means` are those by currency."""

    def __init__(self) -> None:
        self.means: dict[str, float] = {}
        self._seen: Counter[str] = Counter()
        self._belief = Belief(len(INPUTS), _MEMORY, precision=_PRECISION)
        self._count = _AT_FIRST
        self._dispersion = 1.0
        self._paying = self._cut = self._expected = 0.0

    def learn(self, scaled: np.ndarray, revenue: float, currency: str) -> None:
        """One outcome of a customer who pays in this currency, by its scaled inputs."""
        self._seen[currency] += 1
        mean = self.means.get(currency, 0.0)
        mean += (revenue - mean) / min(self._seen[currency], _MEAN_MEMORY)
        self.means[currency] = mean
        if mean <= 0.0:
            return
        self._count += 1
        fading = 1.0 / min(self._count, _MEMORY)
        share = max(0.0, revenue / mean)
        expected = exp(min(LARGEST, max(_LEAST, self._belief.score(scaled))))
        surprise = share - expected
        self._paying += ((share > 0.0) - self._paying) * fading
        told = min(surprise, _MOST * expected / max(self._paying, _FEWEST))
        self._cut += (surprise - told - self._cut) * fading
        self._expected += (expected - self._expected) * fading
        self._dispersion += (min(surprise**2 / expected, _MOST_DISPERSED) - self._dispersion) * fading
        self._belief.learn(scaled, told / self._dispersion, expected / self._dispersion)

    def serve(self, scale: Scale) -> tuple[Linear, Mapping[str, float]]:
        """The regression of the logarithm of shares, and the mean revenue in each currency."""
        weights = dict(zip(INPUTS, self._belief.weights.tolist(), strict=True))
        given_back = log1p(self._cut / self._expected) if self._expected else 0.0
        linear = Linear.of(scale, weights, self._belief.intercept + given_back)
        return linear, {currency: mean for currency, mean in self.means.items() if mean > 0.0}
