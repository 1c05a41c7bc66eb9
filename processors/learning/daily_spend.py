"""Daily spend: what a customer spends on an active day in the long run, by the Gamma-Gamma model.

Fader, Hardie and Lee (2005), "RFM and CLV"; Fader and Hardie (2013), "The Gamma-Gamma Model of Monetary Value": what is
spent on a day follows a gamma distribution with shape p, whose scale differs from customer to customer by another one
(q, gamma). So a customer's own mean is believed the more the more days it is a mean of. It goes with the habit, which
says how many active days are to come: days on which nothing was bought count as well.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple, Self

import numpy as np
from scipy.optimize import minimize  # type: ignore[import-untyped]
from scipy.special import gammaln  # type: ignore[import-untyped]

_BOUND = 8.0
"""Logarithms of parameters are kept within it."""
_ITERATIONS = 200
_RIDGE = 1e-3
_FEWEST = 100
"""Customers who paid, before anything is fitted to them."""
_MEMORY = 10_000


class GammaGamma(NamedTuple):
    """The three parameters; without `q` above 1 there is no mean. The default is a guess that is soon forgotten."""

    p: float = 2.0
    q: float = 3.0
    gamma: float = 1.0

    def expected(self, days: float, mean: float) -> float:
        """What a day of who spent `mean` on each of so many will come to, in the same units; `days` may be 0."""
        p, q, gamma = self
        return p * (gamma + days * mean) / (p * days + q - 1.0)

    def refitted(self, days: Sequence[float], means: Sequence[float]) -> Self:
        """The parameters under which such means, all above 0, of so many days each were likeliest."""
        x, m = np.array(days, dtype=float), np.array(means, dtype=float)

        def loss(logarithms: np.ndarray) -> float:
            p, above, gamma = np.exp(np.clip(logarithms, -_BOUND, _BOUND))
            q = 1.0 + above
            likely = (
                gammaln(p * x + q) - gammaln(p * x) - gammaln(q) + q * np.log(gamma)
                + (p * x - 1.0) * np.log(m) + p * x * np.log(x) - (p * x + q) * np.log(gamma + m * x)
            )  # fmt: skip
            return float(_RIDGE * np.mean(logarithms**2) - np.mean(likely))

        start = np.log((self.p, self.q - 1.0, self.gamma))
        found = minimize(loss, start, method="Nelder-Mead", options={"maxiter": _ITERATIONS})
        p, above, gamma = (float(value) for value in np.exp(np.clip(found.x, -_BOUND, _BOUND)))
        return type(self)(p, 1.0 + above, gamma)


class Spends(NamedTuple):
    """As it is served: the model, and what is spent on an active day in each currency, which is its unit."""

    model: GammaGamma
    usual: Mapping[str, float]

    def expected(self, days: float, spent: float, currency: str) -> float | None:
        """What a day of who spent so much on so many will come to; none in a currency that nobody has paid in."""
        unit = self.usual.get(currency)
        return None if unit is None else unit * self.model.expected(days, max(0.0, spent) / unit / days)


class DailySpend:
    """What was learned of daily spends so far."""

    def __init__(self) -> None:
        self.model = GammaGamma()
        self._usual: dict[str, float] = {}
        self._seen: Counter[str] = Counter()

    def learn(self, days: float, spent: float, currency: str) -> float:
        """A customer who spent so much on so many days: what a day came to, in units of the currency's usual one."""
        if spent <= 0.0:
            return 0.0
        self._seen[currency] += 1
        mean = self._usual.get(currency, 0.0)
        mean += (spent / days - mean) / min(self._seen[currency], _MEMORY)
        self._usual[currency] = mean
        return spent / days / mean

    def refit(self, days: Sequence[float], means: Sequence[float]) -> None:
        """Fit the model to a sample; customers who spent nothing are no part of it."""
        paid = [(x, m) for x, m in zip(days, means, strict=True) if m > 0.0]
        if len(paid) >= _FEWEST:
            self.model = self.model.refitted(*zip(*paid, strict=True))

    def serve(self) -> Spends:
        """Frozen."""
        return Spends(self.model, dict(self._usual))
