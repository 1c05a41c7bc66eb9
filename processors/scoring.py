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
    usual = usual_engagement(facts, now, policy.seconds.engagement_window)
    said = models.score(features, now, main_currency(facts) or _UNKNOWN)
    expected = said.engagement if models.warm else None
    return Scores(
        at=round(now, 3),
        churn=round(min(1.0, max(0.0, said.churn)), 4),
        engagement=round(usual if expected is None else min(_MOST, expected.mean), 3),
        usual=round(usual, 3),
        low=0.0 if expected is None else round(min(_MOST, expected.low), 3),
        high=0.0 if expected is None else round(min(_MOST, expected.high), 3),
        value=round(min(_MOST_MONEY, said.value), 2)
        if said.value is not None and facts.money and models.warm
        else None,
        model=models.version,
        warming_up=not models.warm,
        lifetime=lifetime_value(facts, features, models, policy, lifetime),
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
