"""What is counted rather than decided: touchpoints in the engagement window, and revenue in the horizon."""

from collections import Counter
from collections.abc import Mapping
from math import sqrt
from typing import Any

from river import base, conf, linear_model, optim

from processors.learning.scale import Scale
from processors.learning.scorers import Linear

CONFIDENCE = 0.9
_WINDOW = 2_000
_STEP = 0.05
_MOST = 50.0
"""Times the mean at which a single revenue stops counting for more: one order must not teach what the next is worth."""
_MEMORY = 10_000


def _poisson() -> linear_model.LinearRegression:
    return linear_model.LinearRegression(
        optimizer=optim.AdaGrad(_STEP), loss=optim.losses.Poisson(), l2=1e-4, clip_gradient=5.0
    )


class Engagement:
    """Expected meaningful touchpoints, by Poisson regression, and the interval around them.

    The interval is River's jackknife: the quantiles of what lately came above or below what was really predicted, in
    square roots, where the spread of a count is the same for small and large ones.
    """

    def __init__(self) -> None:
        self.regression = _poisson()
        self._interval = conf.RegressionJackknife(_Told(), confidence_level=CONFIDENCE, window_size=_WINDOW)

    def learn(self, scaled: Mapping[str, float], count: int) -> None:
        """One outcome, by its scaled inputs."""
        self.regression.learn_one(scaled, count)

    def judge(self, predicted: float, count: int) -> None:
        """How far off a prediction was that was really made."""
        self._interval.learn_one({_TOLD: sqrt(predicted)}, sqrt(count))

    def serve(self, scale: Scale) -> tuple[Linear, float, float]:
        """The regression, and the interval's distances below and above, in square roots."""
        around: Any = self._interval.predict_one({_TOLD: 0.0}, with_interval=True)
        return _linear(scale, self.regression), float(around.lower or 0.0), float(around.upper or 0.0)


class Value:
    """Expected revenue, by a quasi-Poisson regression of revenue in units of its currency's mean: one model serves all
    currencies, and the mean is followed."""

    def __init__(self) -> None:
        self.regression = _poisson()
        self.means: dict[str, float] = {}
        self._seen: Counter[str] = Counter()

    def learn(self, scaled: Mapping[str, float], revenue: float, currency: str) -> None:
        """One outcome of a customer who pays in this currency."""
        self._seen[currency] += 1
        mean = self.means.get(currency, 0.0)
        mean += (revenue - mean) / min(self._seen[currency], _MEMORY)
        self.means[currency] = mean
        if mean > 0.0:
            share = min(_MOST, max(0.0, revenue / mean))
            self.regression.learn_one(scaled, share)

    def serve(self, scale: Scale) -> tuple[Linear, dict[str, float]]:
        """The regression of shares, and the mean revenue in each currency."""
        return _linear(scale, self.regression), {name: mean for name, mean in self.means.items() if mean > 0.0}


def _linear(scale: Scale, regression: linear_model.LinearRegression) -> Linear:
    return Linear.of(scale, regression.weights, float(regression.intercept))


_TOLD = "told"


class _Told(base.Regressor):  # type: ignore[misc]
    """The regressor whose residuals the interval follows: it says what was predicted when the outcome lay ahead."""

    def learn_one(self, x: dict[Any, Any], y: Any, **_: Any) -> None:
        """There is nothing to learn."""

    def predict_one(self, x: dict[Any, Any], **_: Any) -> Any:
        """What it is told."""
        return x[_TOLD]
