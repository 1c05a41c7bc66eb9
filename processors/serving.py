"""What the scorers use: one frozen version of the models, with reasons that are the models' own."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class ServedModels:
    """One version. `churn_model` and `engagement_model` are River pipelines of a scaler and a linear model."""

    version: int
    outcomes: int
    warm: bool
    base_rate: float
    auc: float | None
    churn_model: Any
    engagement_model: Any

    def churn(self, features: dict[str, float]) -> float:
        """Probability that no meaningful touchpoint comes within the horizon."""
        return float(self.churn_model.predict_proba_one(features)[True])

    def engagement(self, features: dict[str, float]) -> float | None:
        """Expected meaningful touchpoints within the engagement window; none before anything was learned."""
        return float(self.engagement_model.predict_one(features)) if self.outcomes else None

    def explain(self, features: dict[str, float]) -> dict[str, float]:
        """Contributions to the churn score; with the intercept they sum to its log-odds."""
        return _contributions(self.churn_model, features)

    def explain_engagement(self, features: dict[str, float]) -> dict[str, float]:
        """Contributions to the logarithm of the expected engagement; with the intercept they sum to it."""
        return _contributions(self.engagement_model, features)


def _contributions(pipeline: Any, features: dict[str, float]) -> dict[str, float]:
    """Weight times standardised value of each feature: what it adds against the average customer."""
    scaler, linear = pipeline["StandardScaler"], list(pipeline.steps.values())[-1]
    weights = linear.weights
    return {name: weights.get(name, 0.0) * value for name, value in scaler.transform_one(features).items()}
