"""What an alert says, and when each rule speaks."""

import pytest

from processors.alerts import decide, levels
from processors.features import NAMES
from processors.fold import fold
from processors.learning.inputs import IN_WORDS
from processors.models import NoModels
from processors.suggestions import suggest
from schemas.alert import Alert, AlertKind, Reason
from schemas.facts import Facts
from schemas.judgements import Episode, Scores
from schemas.kinds import Kind
from tests.unit.making import POLICY, FixedModels, day, touch

FEATURES = [1.5] * len(NAMES)
PAYING = fold(Facts(), [touch(n, Kind.PURCHASE, amount=100.0, currency="EUR") for n in range(0, 60, 10)])


def alerts_for(
    churn: float = 0.1, engagement: float = 1.0, facts: Facts = PAYING, warming: bool = False
) -> list[Alert]:
    scores = Scores(day(60), churn, engagement, usual=1.0, model=7, warming_up=warming)
    return decide("ada", facts, scores, FEATURES, 0.0, {}, day(60), FixedModels(churn), POLICY)[1]


def test_a_churn_alert_says_who_why_how_sure_how_much_and_what_to_do() -> None:
    (alert,) = alerts_for(churn=0.8)
    assert alert.summary.startswith("ada will stay away for 10 days with probability 80%")
    assert [reason.words for reason in alert.reasons] == [IN_WORDS[r.feature](r.value) for r in alert.reasons]
    assert alert.sureness.outcomes == 1000
    assert alert.sureness.auc == 0.8
    assert alert.at_stake is not None
    assert alert.at_stake.currency == "EUR"
    assert alert.severity == "warning"
    assert alerts_for(churn=0.95)[0].severity == "critical"


def test_reasons_push_the_way_the_alert_goes() -> None:
    (alert,) = alerts_for(churn=0.8)
    assert [reason.feature for reason in alert.reasons] == ["recency", "friction"]
    assert all(reason.weight > 0 for reason in alert.reasons)


def test_the_reasons_the_rest_and_the_average_customer_sum_to_the_score() -> None:
    (alert,) = alerts_for(churn=0.8)
    assert alert.average == -1.0
    assert alert.others == pytest.approx(-0.2)


def test_at_stake_is_what_the_model_expects_where_it_knows() -> None:
    scores = Scores(day(60), churn=0.8, engagement=1.0, usual=1.0, value=50.0, model=7)
    _, (alert,) = decide("ada", PAYING, scores, FEATURES, 0.0, {}, day(60), FixedModels(0.8), POLICY)
    assert alert.at_stake is not None
    assert (alert.at_stake.amount, alert.at_stake.currency) == (40.0, "EUR")


def test_few_expected_touchpoints_are_not_worth_an_engagement_alert() -> None:
    assert [alert.kind for alert in alerts_for(engagement=2.9)] == []
    assert [alert.kind for alert in alerts_for(engagement=3.1)] == [AlertKind.ENGAGEMENT_RISING]


def test_a_model_that_is_warming_up_is_not_listened_to() -> None:
    scores = Scores(day(0), churn=0.99, engagement=99.0, usual=1.0, warming_up=True)
    assert set(levels(Facts(), scores, 0.0, day(0), POLICY)) == {AlertKind.CUSTOMER_LEFT, AlertKind.CUSTOMER_RETURNED}


def test_a_cold_model_leaves_open_what_a_warm_one_opened() -> None:
    opened = {AlertKind.CHURN_RISK: Episode(number=1, over_since=day(50), opened_at=day(51))}
    cold = Scores(day(60), churn=0.5, engagement=1.0, usual=1.0, warming_up=True)
    after, alerts = decide("ada", PAYING, cold, FEATURES, 0.0, opened, day(60), NoModels(), POLICY)
    assert (after, alerts) == (opened, [])


def test_the_alert_of_a_customer_who_is_gone_closes_without_a_score() -> None:
    opened = {AlertKind.CHURN_RISK: Episode(number=1, over_since=day(50), opened_at=day(51))}
    _, (alert,) = decide("ada", PAYING, None, [], 0.0, opened, day(200), FixedModels(), POLICY)
    assert (alert.state, alert.score, alert.sureness.probability, alert.at_stake) == ("closed", None, None, None)
    assert "is gone" in alert.summary


def test_one_alert_of_each_kind_has_an_id_of_its_own() -> None:
    left = fold(PAYING, [touch(60, Kind.LEAVE)])
    both = alerts_for(churn=0.9, engagement=9.0) + alerts_for(facts=left)
    assert len({alert.id for alert in both}) == len(both) == 3


@pytest.mark.parametrize(("feature", "word"), [("friction", "trouble"), ("rating", "wrong"), ("recency", "win-back")])
def test_the_suggestion_fits_the_reason(feature: str, word: str) -> None:
    reason = Reason(feature=feature, value=1.0, weight=1.0, words="")
    assert word in suggest(AlertKind.CHURN_RISK, "opened", [reason])
    assert "Nothing to do" in suggest(AlertKind.CHURN_RISK, "closed", [reason])
