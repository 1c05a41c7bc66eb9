"""Scoring: what the models make of a customer now."""

from collections.abc import Sequence

from processors.facets.pains import pains_of
from processors.features import main_currency, usual_engagement
from processors.lifetime import lifetime_value
from processors.models import Models
from schemas.facts import Facts
from schemas.judgements import Memberships, Prediction, Scores
from schemas.policy import Policy

_CHANCE, _COUNT, _CENT = 10_000, 1_000, 100
_UNKNOWN = ""
_MOST, _MOST_MONEY = 1e9, 1e12
"""What is noted down at the most, however absurd the features: it has to fit into a profile."""


def score(
    facts: Facts,
    features: Sequence[float],
    now: float,
    models: Models,
    policy: Policy,
    lifetime: float | None = None,
) -> Scores:
    """Churn risk, expected engagement and value at `now`, marked as warming up until the models have seen enough.
    `lifetime` is the lifetime value if it is known already."""
    usual = round(usual_engagement(facts, now, policy.seconds.engagement_window), 3)
    currency = main_currency(facts)
    said = models.score(features, now, _UNKNOWN if currency is None else currency)
    at, churn = round(now, 3), round(min(1.0, max(0.0, said.churn)), 4)
    if not models.warm:
        return Scores(at, churn, usual, usual, model=models.version, warming_up=True)
    mean, low, high = said.engagement or (usual, 0.0, 0.0)
    return Scores(
        at,
        churn,
        round(min(_MOST, mean), 3),
        usual,
        round(min(_MOST, low), 3),
        round(min(_MOST, high), 3),
        None if said.value is None or currency is None else round(min(_MOST_MONEY, said.value), 2),
        models.version,
        lifetime=None if currency is None else lifetime_value(facts, features, models, policy, lifetime),
    )


def prediction_of(
    facts: Facts, scores: Scores, features: Sequence[float], models: Models, segments: Memberships | None
) -> Prediction:
    """The same, and what every model says, noted down to be checked when it falls due; with the segments that the
    customer stood in."""
    currency = main_currency(facts)
    return Prediction(
        made=scores.at,
        features=[round(1000.0 * value) for value in features],
        churn=round(_CHANCE * scores.churn),
        members=[round(_CHANCE * p) for p in models.members(features, scores.at)],
        base_rate=round(_CHANCE * models.base_rate),
        engagement=round(_COUNT * scores.engagement),
        low=round(_COUNT * scores.low),
        high=round(_COUNT * scores.high),
        value=None if scores.value is None else round(_CENT * scores.value),
        model=scores.model,
        currency=currency,
        pains=pains_of(facts, scores.at),
        segment=segments.rfm.name if segments and segments.rfm else "",
        spent=None if currency is None else round(_CENT * min(_MOST_MONEY, facts.money[currency].revenue)),
    )
