"""What all customers come to, as a learner or a census would publish it."""

from datetime import UTC, datetime, timedelta

from schemas.population import (
    ActionsTold,
    ActionTold,
    Churn,
    ChurnWeek,
    Culprit,
    Nps,
    PainPoint,
    Satisfaction,
    SurveyTold,
)
from schemas.value import Value, ValueIn

AT = datetime(2026, 3, 2, tzinfo=UTC)
"""A Monday."""


def churn_told() -> Churn:
    """Churn has risen in the last whole week among those on the plan `basic`, and failed payments precede it."""
    weeks = [(40, 9), (200, 60), (210, 40), (190, 37), (0, 0)]
    return Churn(
        at=AT,
        customers=640,
        weeks=[
            ChurnWeek(begins=AT - timedelta(weeks=place), outcomes=outcomes, churned=churned)
            for place, (outcomes, churned) in enumerate(weeks)
        ],
        culprits=[
            Culprit(
                dimension="plan", value="basic", before=0.18, after=0.41, outcomes_before=90, outcomes_after=88,
                part=0.1003, chance=0.004,
            )
        ],
        pain_points=[
            PainPoint(
                name="payment failed", customers=60, churned=0.6, expected=0.25, excess=21.0,
                value_hurt={"EUR": 1234.5}, chance=0.0002,
            )
        ],
    )  # fmt: skip


def actions_told() -> ActionsTold:
    """A call keeps customers; of the voucher nothing can be said, and of what was picked last not even an uplift."""
    return ActionsTold(
        at=AT,
        customers=420,
        held_out=80,
        stayed_held_out=0.35,
        actions=[
            ActionTold(
                action="call", tried=170, reported=150, stayed=0.52, uplift=0.17, low=0.05, high=0.29, chance=0.012
            ),
            ActionTold(action="letter", tried=3, reported=0, stayed=0.3333, chance=1.0),
            ActionTold(
                action="voucher", tried=170, reported=160, stayed=0.37, uplift=0.02, low=-0.1, high=0.14, chance=0.8
            ),
        ],
    )


def satisfaction_told(days_ago: int = 0) -> Satisfaction:
    """More promoters than detractors, and more from day to day; nobody says who was asked to rate."""
    return Satisfaction(
        at=AT - timedelta(days=days_ago),
        customers=300,
        nps=Nps(
            score=32.5 - days_ago, low=20.0 - days_ago, high=45.0 - days_ago, promoters=98, passives=50, detractors=52
        ),
        surveys={
            "nps": SurveyTold(
                asked=600, answered=240, response_rate=0.4, customers=200, mean=7.9, mean_within=0.3, satisfied=0.49,
                satisfied_low=0.42, satisfied_high=0.56, better=20, worse=11,
            ),
            "rating": SurveyTold(
                asked=0, answered=120, customers=100, mean=4.2, mean_within=0.2, satisfied=0.8,
                satisfied_low=0.71, satisfied_high=0.87, better=3, worse=4,
            ),
        },
    )  # fmt: skip


def value_told() -> Value:
    """Euros, and a few orders without a currency, of customers whose lifetime value is not known."""
    tenths = [0.38, 0.24, 0.13, 0.09, 0.06, 0.04, 0.03, 0.02, 0.01, 0.0]
    euros = ValueIn(
        currency="EUR", customers=1190, to_date=84000.5, to_date_by_tenth=tenths, active=420, expected=9100.0,
        at_risk=1450.25, valued=400, lifetime=41300.0, lifetime_by_tenth=[0.31, 0.31, *tenths[2:]],
    )  # fmt: skip
    other = ValueIn(
        currency="", customers=10, to_date=99.0, to_date_by_tenth=[0.1] * 10, active=2, expected=3.0, at_risk=0.0,
        valued=0, lifetime=0.0, lifetime_by_tenth=[],
    )  # fmt: skip
    return Value(at=AT, customers=1200, currencies=[euros, other])
