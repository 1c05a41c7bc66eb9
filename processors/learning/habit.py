"""Habit: how likely a customer with such a history is to stay away, by the BG/NBD model.

Fader, Hardie and Lee (2005), "Counting your customers the easy way": customers are active at rates that follow a gamma
distribution (r, alpha; per day), and leave for good after any of their active days with chances that follow a beta
distribution (a, b). From it comes the probability of no active day in the next `horizon`. The better known probability
of being alive is of no use: it is 1 for everyone who came on one day only.
"""

from collections.abc import Sequence
from functools import lru_cache
from math import exp, log, log1p
from typing import NamedTuple, Self

import numpy as np
from scipy.optimize import minimize  # type: ignore[import-untyped]
from scipy.special import betaincinv, roots_jacobi  # type: ignore[import-untyped]

_BOUND = 8.0
"""Logarithms of parameters are kept within it."""
_ITERATIONS = 120
_RIDGE = 1e-3
_CLIP = 1e-6
_LARGE = 60.0
_PLACES, _SHARES = (part / 2.0 for part in np.polynomial.legendre.leggauss(8))
_PLACES += 0.5
_CHANCES = 32
_EVENLY = (np.arange(64) + 0.5) / 64.0


@lru_cache(4096)
def _chances(a: float, b: float) -> tuple[np.ndarray, np.ndarray]:
    """Chances of leaving, and their weights, that stand for a beta distribution: Gauss and Jacobi's, or its quantiles
    where these fail, since it is all but a point. They are a matter of whole active days, so few are asked for."""
    with np.errstate(all="ignore"):
        places, weights = roots_jacobi(_CHANCES, b - 1.0, a - 1.0)
    leaves, whole = (1.0 + places) / 2.0, weights.sum()
    if not np.isfinite(whole) or whole <= 0.0 or abs(leaves @ weights / whole - a / (a + b)) > _CLIP:
        leaves, weights, whole = betaincinv(a, b, _EVENLY), np.ones(len(_EVENLY)), len(_EVENLY)
    return leaves, weights / whole


class Summary(NamedTuple):
    """A customer at a moment, and what came of it: active days after the first, days from the first day to the last
    one, days from the first day to the moment, and whether no active day followed within the horizon. `spend` is what
    they spent on an active day, in units of their currency's usual one."""

    repeats: float
    recency: float
    age: float
    stayed_away: bool
    spend: float = 0.0


class Habit(NamedTuple):
    """The four parameters. The default is a guess that is soon forgotten."""

    r: float = 0.5
    alpha: float = 30.0
    a: float = 0.8
    b: float = 2.0

    def stays_away(self, repeats: float, recency: float, age: float, horizon: float) -> float:
        """Probability of no active day within `horizon` days; all spans in days."""
        r, alpha, _, _ = self
        none: float = ((alpha + age) / (alpha + age + horizon)) ** (r + repeats)
        return 1.0 - self._alive(repeats, recency, age) * (1.0 - none)

    def expected(self, repeats: float, recency: float, age: float, span: float, discount: float = 0.0) -> float:
        """Expected active days within `span` days, one that lies d days ahead weighed by exp(-discount * d).

        Who is active at a rate L and leaves with chance p after each active day has the rate L exp(-L p d) then, which
        is averaged over what is believed of L and p after such a history, and summed over d. It is the mean of Fader,
        Hardie and Lee (2005, equation 10), which has no discount and fails where a is 1.
        """
        r, alpha, a, b = self
        shape, scale = r + repeats, alpha + age
        # The rate falls fast at first, and the faster the busier the customer was: d is cut by powers.
        pace = scale / (shape + 1.0)
        reach = log1p(span / pace)
        ahead = pace * np.expm1(reach * _PLACES)
        z = ahead / scale
        leaves, weights = _chances(a, b + repeats)
        still = (1.0 + np.outer(z, leaves)) ** -(shape + 1.0) @ weights
        days = reach * float(_SHARES @ (still * np.exp(-discount * ahead) * (ahead + pace)))
        return self._alive(repeats, recency, age) * shape / scale * days

    def _alive(self, repeats: float, recency: float, age: float) -> float:
        """Probability of not having left yet."""
        r, alpha, a, b = self
        if repeats <= 0:
            return 1.0
        grown = (r + repeats) * log((alpha + age) / (alpha + recency))
        return 1.0 / (1.0 + a / (b + repeats - 1.0) * exp(min(grown, _LARGE)))

    def refitted(self, sample: Sequence[Summary], horizon: float) -> Self:
        """The parameters under which what happened to a sample was likeliest.

        They are fitted to the outcomes rather than to the histories: predictions are made for customers who were here
        lately, and a likelihood of histories would take the absence of the others for loyalty.
        """
        repeats, recency, age, away, _ = (np.array(column, dtype=float) for column in zip(*sample, strict=True))

        def loss(logarithms: np.ndarray) -> float:
            r, alpha, a, b = np.exp(np.clip(logarithms, -_BOUND, _BOUND))
            grown = (r + repeats) * np.log((alpha + age) / (alpha + recency))
            left = a / (b + np.maximum(repeats, 1.0) - 1.0) * np.exp(np.minimum(grown, _LARGE))
            alive = 1.0 / (1.0 + np.where(repeats > 0, left, 0.0))
            p = 1.0 - alive * (1.0 - ((alpha + age) / (alpha + age + horizon)) ** (r + repeats))
            p = np.clip(p, _CLIP, 1.0 - _CLIP)
            said = np.where(away > 0, np.log(p), np.log(1.0 - p))
            return float(_RIDGE * np.mean(logarithms**2) - np.mean(said))

        found = minimize(loss, np.log(np.array(self)), method="Nelder-Mead", options={"maxiter": _ITERATIONS})
        return type(self)(*(float(value) for value in np.exp(np.clip(found.x, -_BOUND, _BOUND))))
