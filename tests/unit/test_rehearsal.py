"""Living a log through, and what rules would have raised on the way."""

from processors.advance import Step
from processors.living import Living
from processors.rehearsal import Raised, Rehearsal, counted
from schemas.kinds import Kind
from schemas.policy import Policy
from schemas.rules import AlertRule
from tests.unit.making import POLICY, FixedModels, day, touch


def policy_of(**rules: str) -> Policy:
    return POLICY.model_copy(update={"rules": {name: AlertRule(when=when) for name, when in rules.items()}})


def test_between_touches_everybody_is_looked_at_when_their_timer_comes() -> None:
    heard: list[Step] = []
    living = Living(POLICY, heard.append, FixedModels(0.2))
    living.take([touch(0), touch(0, customer="bob")], day(0))
    assert len(heard) == 2
    living.wait(day(12))
    times = [step.profile.judgements.scores.at for step in heard if step.profile.judgements.scores]
    assert times == sorted(times)
    assert len(times) > 4
    assert {step.profile.customer for step in heard[2:]} == {"ada", "bob"}
    living.take([touch(13)], day(13))
    assert living.profiles["ada"].facts.touchpoints == 2


def test_a_rehearsal_says_what_would_have_opened_when_and_of_whom() -> None:
    policy = policy_of(big="touch.amount > 100", silent="recency > 5")
    rehearsal = Rehearsal(policy, FixedModels(0.2))
    rehearsal.take([touch(0, Kind.PURCHASE, amount=500.0, currency="EUR"), touch(0, customer="bob")], day(0))
    rehearsal.take([touch(20, customer="bob")], day(20))
    raised = rehearsal.over().raised
    assert raised[0] == Raised(day(0), "big", "ada", "ada matches the rule big")
    silent = {each.customer: each.at for each in raised[1:]}
    assert set(silent) == {"ada", "bob"}
    assert all(day(5) < at < day(9) for at in silent.values())
    assert counted(raised) == {"big": (1, 1), "silent": (2, 2)}
    assert (rehearsal.touchpoints, rehearsal.ends) == (3, day(20))


def test_scores_are_of_the_models_at_hand() -> None:
    policy = policy_of(risk="churn_risk > 0.5")
    for models, expected in ((FixedModels(0.9), 1), (FixedModels(0.9, warm=False), 0)):
        rehearsal = Rehearsal(policy, models)
        rehearsal.take([touch(0)], day(0))
        assert len(rehearsal.over().raised) == expected
