"""Prescribing: one action a churn alert, some customers held out, and what actions do is told from what they do not."""

import random
from collections import Counter, deque
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from processors.advance import advance
from processors.learning.bandit import Bandit
from processors.prescribing import ActionError, concluded, conditions, context_of, prescribe, witnessed
from schemas.actions import NOTHING, Action, Trial
from schemas.alert import AtStake
from schemas.details import Details
from schemas.facts import Facts
from schemas.judgements import Scores
from schemas.kinds import Kind
from schemas.lesson import LESSON
from schemas.policy import Policy
from schemas.population import ActionTold
from schemas.profile import Profile
from tests.unit.making import POLICY, FixedModels, alert, day, touch

CALL, MAIL = Action(suggestion="Call them."), Action(suggestion="Send a voucher.", when="touchpoints >= 3")
ACTING = POLICY.model_copy(update={"actions": {"call": CALL, "voucher": MAIL}, "hold_out": 0.2})
AT_RISK = FixedModels(churn=0.9, value=100.0)


class Believing(FixedModels):
    """Models that believe in one action."""

    def __init__(self, bandit: Bandit) -> None:
        super().__init__(churn=0.9)
        self.promise = bandit.serve()  # type: ignore[method-assign]


def opened(customer: str, policy: Policy = ACTING, **facts: object) -> tuple[str | None, str]:
    given = msgspec.structs.replace(Facts(touchpoints=1, first_seen=day(0), last_meaningful=day(0)), **facts)
    scores = Scores(day(1), 0.9, 1.0, usual=1.0)
    (after,), _ = prescribe([alert(1, customer)], None, given, scores, day(1), FixedModels(), policy)
    return after.action, after.suggestion


def test_each_alert_gets_an_action_that_is_allowed_and_some_are_held_out() -> None:
    picked = Counter(opened(f"customer {n}")[0] for n in range(1_000))
    assert set(picked) == {"call", NOTHING}
    assert picked[NOTHING] == pytest.approx(200, abs=40)
    both = Counter(opened(f"customer {n}", touchpoints=3)[0] for n in range(1_000))
    assert both["call"] == pytest.approx(400, abs=60)
    assert set(both) == {"call", "voucher", NOTHING}
    # The same alert gets the same, however often it is concluded.
    assert all(opened(f"customer {n}", touchpoints=3) == opened(f"customer {n}", touchpoints=3) for n in range(20))
    assert {opened(f"customer {n}") for n in range(50)} == {
        ("call", "Call them."),
        (NOTHING, "Do nothing: this customer is held out, so that what actions do can be told."),
    }


def test_who_was_contacted_often_enough_is_left_alone() -> None:
    assert opened("ada", contacted=[day(0), day(0.5)]) == (None, "Call them.")
    assert opened("ada", contacted=[day(-40), day(0.5)])[0] is not None
    assert opened("ada", policy=POLICY) == (None, "Call them.")


def test_a_trial_runs_from_the_alert_to_the_end_of_the_horizon() -> None:
    orders = [touch(n, Kind.PURCHASE, amount=50.0, currency="EUR") for n in range(3)]
    acting = ACTING.model_copy(update={"hold_out": 0.0})
    step = advance(Profile("ada"), orders, day(2), AT_RISK, acting)
    (risk,) = [each for each in step.alerts if each.action]
    assert risk.action in ("call", "voucher")
    assert risk.suggestion == acting.actions[risk.action].suggestion
    called = touch(3, None, details=Details(action=risk.action))
    back = touch(9, Kind.ENGAGE)
    step = advance(step.profile, [called, back], day(9), AT_RISK, acting)
    assert step.profile.facts.contacted == [day(3)]
    assert not step.trials
    assert step.profile.judgements.trying is not None
    while not step.trials:
        step = advance(step.profile, [], step.profile.judgements.timer, AT_RISK, acting)
    (trial,) = step.trials
    assert (trial.id, trial.action, trial.reported, trial.stayed) == (risk.id, risk.action, risk.action, True)
    assert (trial.risk, trial.currency) == (0.9, "EUR")
    assert trial.due_at - trial.begun_at == POLICY.horizon
    assert LESSON.validate_json(trial.model_dump_json()) == trial


def test_a_leave_ends_a_trial_at_once_and_silence_is_no_return() -> None:
    facts = Facts(touchpoints=1, first_seen=day(0), last_meaningful=day(0))
    scores = Scores(day(1), 0.9, 1.0, usual=1.0)
    _, trying = prescribe([alert(1)], None, facts, scores, day(1), FixedModels(), ACTING)
    assert trying is not None
    assert concluded("ada", trying, facts, day(10.9), ACTING) == (trying, [])
    _, (silent,) = concluded("ada", trying, facts, day(11), ACTING)
    assert not silent.stayed
    late = witnessed(trying, [touch(12, Kind.ENGAGE)], ACTING)
    assert late == trying
    _, (left,) = concluded("ada", trying, msgspec.structs.replace(facts, left_at=day(3)), day(3), ACTING)
    assert not left.stayed


def test_a_condition_that_is_wrong_is_told_with_its_place() -> None:
    wrong = ACTING.model_copy(update={"actions": {"call": Action(suggestion="", when="revenu > 1")}})
    with pytest.raises(ActionError, match=r"\[policy.actions.call\] when: .*revenu"):
        conditions(wrong)


def test_money_counts_where_it_is_of_the_same_currency() -> None:
    bandit = Bandit()
    costly = Action(suggestion="", cost=60.0, currency="EUR")
    policy = ACTING.model_copy(update={"actions": {"call": CALL, "visit": costly}, "hold_out": 0.0})
    facts = Facts(touchpoints=1, first_seen=day(0), last_meaningful=day(0))
    scores = Scores(day(1), 0.9, 1.0, usual=1.0)

    def share(stake: float) -> float:
        picked = Counter(
            prescribe(
                [alert(1, f"c{n}", at_stake=AtStake(amount=stake, currency="EUR"))], None, facts, scores, day(1),
                Believing(bandit), policy,
            )[0][0].action
            for n in range(300)
        )  # fmt: skip
        return picked["visit"] / 300

    assert share(50.0) < 0.2
    assert share(100_000.0) == pytest.approx(0.5, abs=0.1)


def lived(seed: int, effects: dict[str, float], count: int = 3_000) -> dict[str, ActionTold]:
    """Alerts, one after another; what is picked is what the bandit promised by then, and each trial ends when 200 more
    were begun. Of five that were to be done four are reported."""
    chance, bandit, waiting = random.Random(seed), Bandit(), deque[Trial]()
    policy = ACTING.model_copy(update={"actions": {name: Action(suggestion=name) for name in effects}, "hold_out": 0.2})
    models, begun = Believing(bandit), datetime(2026, 1, 5, tzinfo=UTC)
    for number in range(count):
        risk = chance.uniform(0.5, 0.95)
        facts = Facts(touchpoints=1, days=chance.randint(1, 50), last_meaningful=day(-chance.uniform(0, 30)))
        scores = Scores(day(0), risk, 1.0, usual=1.0)
        (picked,), _ = prescribe([alert(1, f"{seed} {number}")], None, facts, scores, day(0), models, policy)
        assert picked.action is not None
        done = picked.action != NOTHING and chance.random() < 0.8
        stays = 1.0 - risk + (effects[picked.action] if done else 0.0)
        waiting.append(
            Trial(
                id=picked.id, customer="ada", action=picked.action, reported=picked.action if done else "",
                begun_at=begun, due_at=begun + timedelta(days=30), risk=risk,
                context=context_of(facts, scores, 0.0, day(0)), stayed=chance.random() < stays,
            )
        )  # fmt: skip
        if len(waiting) > 200:
            bandit.learn(waiting.popleft())
        if number % 100 == 0:
            models = Believing(bandit)
    told = bandit.told()
    assert told is not None
    return {each.action: each for each in told.actions}


def test_a_planted_action_is_found_and_picked_and_one_that_does_nothing_is_seen_to_do_nothing() -> None:
    """Of 20 seeds the useful action is found in all, and the useless one is taken for useful in no more than two."""
    shares, astray = [], 0
    for seed in range(20):
        told = lived(seed, {"call": 0.3, "gift": 0.0})
        call, gift = told["call"], told["gift"]
        assert call.low is not None
        assert call.low > 0
        assert call.chance < 0.05
        assert call.uplift == pytest.approx(0.8 * 0.3, abs=0.1)
        astray += gift.chance < 0.05 and (gift.uplift or 0.0) > 0.0
        shares.append(call.tried / (call.tried + gift.tried))
    assert astray <= 2
    assert min(shares) > 0.8


def test_where_no_action_does_anything_none_is_said_to() -> None:
    """Each table is wrong in one of twenty worlds where nothing works; here in no more than three of 20."""
    alarms = sum(
        any(each.chance < 0.05 for each in lived(seed, {"call": 0.0, "gift": 0.0}).values()) for seed in range(20)
    )
    assert alarms <= 3


def test_the_bandit_is_bounded_and_the_same_from_a_copy() -> None:
    bandit = Bandit()
    assert bandit.told() is None
    begun = datetime(2026, 1, 5, tzinfo=UTC)
    context = context_of(Facts(), Scores(day(0), 0.6, 1.0, usual=1.0), 0.0, day(0))
    for number in range(100):
        bandit.learn(
            Trial(
                id=f"{number}", customer="ada", action=f"action-{number}", reported=f"action-{number}", begun_at=begun,
                due_at=begun, risk=0.6, context=context, stayed=True,
            )
        )  # fmt: skip
    told = bandit.told()
    assert told is not None
    assert len(told.actions) == 32
    assert bandit.serve()("action-1", context) == bandit.serve()("action-1", context)
    assert bandit.serve()("action-1", context)[0] > 0.5 == bandit.serve()("unheard", context)[0]
