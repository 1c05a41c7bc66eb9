"""Scoring: what the models make of a customer now."""

from collections.abc import Sequence

from processors.features import usual_engagement
from processors.models import Models
from schemas.policy import Policy
from schemas.profile import Facts, Prediction, Scores


def score(facts: Facts, features: Sequence[float], now: float, models: Models, policy: Policy) -> Scores:
    """Churn risk and expected engagement at `now`, marked as warming up until the models have seen enough."""
    usual = usual_engagement(facts, now, policy.seconds.engagement_window)
    engagement = models.engagement(features) if models.warm else None
    return Scores(
        at=round(now, 3),
        churn=round(min(1.0, max(0.0, models.churn(features))), 4),
        engagement=round(usual if engagement is None else max(0.0, engagement), 3),
        usual=round(usual, 3),
        model=models.version,
        warming_up=not models.warm,
    )


def prediction_of(scores: Scores, features: Sequence[float], models: Models) -> Prediction:
    """The same, noted down to be checked when it falls due."""
    return Prediction(
        made=scores.at,
        features=[round(1000.0 * value) for value in features],
        churn=scores.churn,
        engagement=scores.engagement,
        base_rate=round(models.base_rate, 4),
        model=scores.model,
    )
