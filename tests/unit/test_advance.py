"""The step: what a user would miss if it did not happen, and that it happens once."""

import copy

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.advance import Step, advance
from processors.models import Models, NoModels
from schemas.alert import Alert, AlertKind
from schemas.kinds import Kind
from schemas.outcome import Outcome
from schemas.profile import Profile
from schemas.touch import Touch
from tests.unit.making import POLICY, FixedModels, day, touch
from tests.unit.test_fold import TOUCHES


def run_timers(profile: Profile, until: float, models: Models) -> tuple[Profile, list[Alert], list[Outcome]]:
    """Let the clock run, looking at the customer whenever the timer says so."""
    alerts: list[Alert] = []
    outcomes: list[Outcome] = []
    looks = 0
    while 0 < profile.judgements.timer <= day(until):
        step = advance(profile, [], profile.judgements.timer, models, POLICY)
        assert step.profile is not profile
        alerts += step.alerts
        outcomes += step.outcomes
        profile, looks = step.profile, looks + 1
        assert looks < 200
    return profile, alerts, outcomes


def test_a_touch_makes_a_profile_with_scores_and_a_timer() -> None:
    step = advance(Profile("ada"), [touch(0)], day(0), FixedModels(churn=0.2, engagement=4.0), POLICY)
    scores = step.profile.judgements.scores
    assert scores is not None
    assert (scores.churn, scores.engagement, scores.warming_up) == (0.2, 4.0, False)
    assert step.profile.judgements.timer > day(0)
    assert list(step.folded) == [touch(0)]


def test_nothing_new_and_nothing_due_changes_nothing() -> None:
    profile = advance(Profile("ada"), [touch(0, partition=1, offset=5)], day(0), FixedModels(), POLICY).profile
    again = advance(profile, [touch(0, partition=1, offset=5)], day(0.1), FixedModels(), POLICY)
    assert again.profile is profile
    assert (again.alerts, again.outcomes) == ((), ())


def test_a_silent_customer_is_scored_settled_and_lost_by_timers_alone() -> None:
    profile = advance(Profile("ada"), [touch(0)], day(0), FixedModels(churn=0.3), POLICY).profile
    profile, _, outcomes = run_timers(profile, 100, FixedModels(churn=0.3))
    assert len(outcomes) >= 4
    assert all(outcome.churned for outcome in outcomes)
    assert all((outcome.due_at - outcome.made_at) == POLICY.horizon for outcome in outcomes)
    assert profile.judgements.scores is None
    assert profile.judgements.pending == []
    assert profile.judgements.timer == 0.0


def test_a_returning_customer_is_predicted_again() -> None:
    profile = advance(Profile("ada"), [touch(0)], day(0), FixedModels(), POLICY).profile
    profile, _, _ = run_timers(profile, 100, FixedModels())
    profile = advance(profile, [touch(101)], day(101), FixedModels(), POLICY).profile
    _, _, outcomes = run_timers(profile, 125, FixedModels())
    assert outcomes


def test_a_churn_alert_opens_once_and_closes_on_return() -> None:
    orders = [touch(at, Kind.PURCHASE, amount=50.0, currency="EUR") for at in (0, 3, 6)]
    step = advance(Profile("ada"), orders, day(6), FixedModels(churn=0.9), POLICY)
    (alert,) = step.alerts
    assert (alert.kind, alert.state, alert.customer, alert.episode) == (AlertKind.CHURN_RISK, "opened", "ada", 1)
    assert alert.sureness.probability == 0.9
    assert [reason.feature for reason in alert.reasons] == ["recency", "friction"]
    assert alert.at_stake is not None
    assert alert.at_stake.amount > 0
    assert alert.suggestion
    quiet = advance(step.profile, [touch(6.5)], day(6.5), FixedModels(churn=0.9), POLICY)
    assert quiet.alerts == []
    closed = advance(quiet.profile, [touch(7)], day(7), FixedModels(churn=0.1), POLICY)
    assert [(a.kind, a.state) for a in closed.alerts] == [(AlertKind.CHURN_RISK, "closed")]


def test_an_engagement_alert_compares_with_the_own_usual() -> None:
    steady = [touch(at) for at in range(0, 60, 5)]
    calm = advance(Profile("ada"), steady, day(60), FixedModels(engagement=1.2), POLICY)
    assert calm.alerts == []
    warm = advance(calm.profile, [touch(60.5)], day(60.5), FixedModels(engagement=6.0), POLICY)
    assert [(a.kind, a.state) for a in warm.alerts] == [(AlertKind.ENGAGEMENT_RISING, "opened")]
    assert warm.alerts[0].score > POLICY.engagement_opens


def test_a_model_that_is_warming_up_raises_nothing_but_is_scored() -> None:
    models = FixedModels(churn=0.99, engagement=99.0, warm=False)
    step = advance(Profile("ada"), [touch(0)], day(0), models, POLICY)
    assert step.alerts == []
    assert step.profile.judgements.scores is not None
    assert step.profile.judgements.scores.warming_up
    assert advance(Profile("ada"), [touch(0)], day(0), NoModels(), POLICY).alerts == []


def test_an_explicit_leave_is_an_alert_without_any_model() -> None:
    profile = advance(Profile("ada"), [touch(0)], day(0), NoModels(), POLICY).profile
    profile, _, _ = run_timers(profile, 5, NoModels())
    step = advance(profile, [touch(6, Kind.LEAVE)], day(6), NoModels(), POLICY)
    assert [(a.kind, a.state, a.severity) for a in step.alerts] == [(AlertKind.CUSTOMER_LEFT, "opened", "critical")]
    assert step.outcomes
    assert all(outcome.churned and outcome.left for outcome in step.outcomes)
    back = advance(step.profile, [touch(8)], day(8), NoModels(), POLICY)
    assert [(a.kind, a.state) for a in back.alerts] == [
        (AlertKind.CUSTOMER_LEFT, "closed"),
        (AlertKind.CUSTOMER_RETURNED, "opened"),
    ]


def test_the_same_step_gives_the_same_alerts() -> None:
    def once() -> Step:
        return advance(Profile("ada"), [touch(0)], day(0), FixedModels(churn=0.9), POLICY)

    assert once().alerts == once().alerts
    assert (
        advance(Profile("bob"), [touch(0)], day(0), FixedModels(churn=0.9), POLICY).alerts[0].id != once().alerts[0].id
    )


@settings(max_examples=50)
@given(TOUCHES, st.floats(0.01, 0.99))
def test_a_step_never_changes_the_profile_it_was_given(touches: list[Touch], churn: float) -> None:
    models = FixedModels(churn=churn, engagement=churn * 10)
    profile = advance(Profile("ada"), sorted(touches[:10], key=lambda t: t.at), day(400), models, POLICY).profile
    before = copy.deepcopy(profile)
    advance(profile, touches[10:], day(420), models, POLICY)
    assert profile == before
    assert msgspec.json.encode(profile) == msgspec.json.encode(before)


def test_a_customer_who_was_lost_and_comes_back_is_news_for_a_horizon() -> None:
    models = FixedModels(churn=0.2)
    lost = advance(Profile("ada"), [touch(0), touch(1)], day(1), models, POLICY).profile
    lost, _, _ = run_timers(lost, 50, models)
    assert lost.judgements.scores is None
    assert lost.judgements.timer == 0.0
    back = advance(lost, [touch(51)], day(51), models, POLICY)
    assert [(alert.kind, alert.state) for alert in back.alerts] == [(AlertKind.CUSTOMER_RETURNED, "opened")]
    assert "has come back" in back.alerts[0].summary
    again = advance(back.profile, [touch(52)], day(52), models, POLICY)
    assert again.alerts == []
    _, alerts, _ = run_timers(again.profile, 62, models)
    assert [(alert.kind, alert.state) for alert in alerts] == [(AlertKind.CUSTOMER_RETURNED, "closed")]


def test_a_return_is_noticed_however_the_log_was_cut() -> None:
    touches = [touch(0), touch(1), touch(40), touch(41)]
    whole = advance(Profile("ada"), touches, day(41), FixedModels(churn=0.2), POLICY)
    assert whole.profile.judgements.returned_at == day(40)
    assert [alert.kind for alert in whole.alerts] == [AlertKind.CUSTOMER_RETURNED]


def test_a_leave_and_a_return_in_one_batch_are_a_return() -> None:
    step = advance(Profile("ada"), [touch(0), touch(1, Kind.LEAVE), touch(2)], day(2), FixedModels(), POLICY)
    assert step.profile.judgements.returned_at == day(2)
    assert AlertKind.CUSTOMER_RETURNED in [alert.kind for alert in step.alerts]
