"""Engagement: how many meaningful touchpoints are expected, and between which numbers they come to lie."""

from collections.abc import Mapping
from math import sqrt
from typing import Any

from river import base, conf, linear_model, optim

from processors.learning.scale import Scale
from processors.learning.scorers import Linear

CONFIDENCE = 0.9
_WINDOW = 2_000
_STEP = 0.05


class Engagement:
    """Expected meaningful touchpoints, by Poisson regression, and the interval around them.

    The interval is River's jackknife: the quantiles of what lately came above or below what was really predicted, in
    square roots, where the spread of a count is the same for small and large ones.
    """

    def __init__(self) -> None:
        self.regression = linear_model.LinearRegression(
            optimizer=optim.AdaGrad(_STEP), loss=optim.losses.Poisson(), l2=1e-4, clip_gradient=5.0
        )
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
        linear = Linear.of(scale, self.regression.weights, float(self.regression.intercept))
        return linear, float(around.lower or 0.0), float(around.upper or 0.0)


_TOLD = "told"


class _Told(base.Regressor):  # type: ignore[misc]
    """The regressor whose residuals the interval follows: it says what was predicted when the outcome lay ahead."""

    def learn_one(self, x: dict[Any, Any], y: Any, **_: Any) -> None:
        """There is nothing to learn."""

    def predict_one(self, x: dict[Any, Any], **_: Any) -> Any:
        """What it is told."""
        return x[_TOLD]
