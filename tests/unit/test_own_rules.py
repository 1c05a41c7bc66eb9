"""The user's own rules: when their alerts open and close, and that a wrong one is told before it is followed."""

from datetime import timedelta

import msgspec
import pytest

from processors.advance import advance
from processors.fold import fold
from processors.models import Heard, Models
from processors.rules import MAX_REMEMBERED, RuleError, passes_at, ready, remembered, rule_of, watch
from schemas.alert import Alert, AlertKind
from schemas.details import Details
from schemas.facts import Facts
from schemas.judgements import Episode
from schemas.kinds import Kind
from schemas.policy import Policy
from schemas.profile import Profile
from schemas.rules import AlertRule
from schemas.touch import Touch
from tests.unit.making import POLICY, FixedModels, day, touch


def policy_of(**rules: dict[str, object]) -> Policy:
    made = {name.replace("_", "-"): AlertRule.model_validate(given) for name, given in rules.items()}
    return POLICY.model_copy(update={"rules": made})


class Life:
    """One customer's, under rules."""

    def __init__(self, policy: Policy, models: Models | None = None) -> None:
        self.profile, self.policy, self.models = Profile("ada"), policy, models or FixedModels(0.2)

    def lives(self, *touches: Touch, at: float | None = None) -> list[str]:
        """What alerts of rules turn when these touches come, in one step."""
        now = touches[-1].at if at is None else day(at)
        step = advance(self.profile, touches, now, self.models, self.policy)
        self.profile = step.profile
        return sorted(told(step.alerts))

    def waits(self, until: float) -> list[str]:
        """And when the timers come until then."""
        heard, looks = [], 0
        while 0 < self.profile.judgements.timer <= day(until):
            step = advance(self.profile, (), self.profile.judgements.timer, self.models, self.policy)
            self.profile, looks = step.profile, looks + 1
            heard += [f"{(alert.at.timestamp() - day(0)) / 86_400:g} {word}" for alert, word in own(step.alerts)]
            assert looks < 200
        return heard


def own(alerts: object) -> list[tuple[Alert, str]]:
    found = [each for each in alerts if each.kind is AlertKind.RULE_MATCHED]  # type: ignore[attr-defined]
    return [(each, f"{each.about} {each.state}") for each in found]


def told(alerts: object) -> list[str]:
    return [word for _, word in own(alerts)]


def order(at: float, amount: float, **more: object) -> Touch:
    return touch(at, Kind.PURCHASE, amount=amount, currency="EUR", **more)


def test_a_rule_about_the_customer_is_open_while_it_holds() -> None:
    life = Life(policy_of(big={"when": "revenue > 100 and recency < 5", "cool_down": "2d"}))
    assert life.lives(order(0, 60)) == []
    assert life.lives(order(1, 60)) == ["big opened"]
    assert life.lives(touch(2)) == []
    (closed,) = life.waits(8)
    assert closed.endswith("big closed")
    assert life.lives(touch(8.5)) == []
    assert life.lives(touch(11)) == ["big opened"]


def test_a_rule_waits_until_it_has_held_and_is_looked_at_then() -> None:
    life = Life(policy_of(many={"when": "count.engage >= 2", "hold": "3d"}))
    assert life.lives(touch(0), touch(0.5)) == []
    assert life.waits(4) == ["3.5 many opened"]


def test_until_says_when_it_closes() -> None:
    rule = {"when": "lately.friction >= 2", "until": "touch.name == 'Case Closed'"}
    life = Life(policy_of(troubled=rule))
    assert life.lives(touch(0, Kind.FRICTION), touch(0.1, Kind.FRICTION)) == ["troubled opened"]
    assert life.lives(touch(20)) == []
    assert life.lives(msgspec.structs.replace(touch(21), name="Case Closed")) == ["troubled closed"]


def test_a_rule_about_the_touchpoint_opens_upon_any_of_them_and_passes() -> None:
    life = Life(policy_of(big={"when": "touch.kind == 'purchase' and touch.amount > 100", "cool_down": "5d"}))
    assert life.lives(order(0, 50)) == []
    assert life.lives(order(1, 500), touch(1.1)) == ["big opened"]
    assert life.lives(touch(2)) == []
    assert life.lives(order(3, 500)) == []
    assert life.waits(7) == ["6.1 big closed"]
    assert life.lives(order(8, 500)) == ["big opened"]


def test_an_order_told_long_after_it_was_made_is_no_news() -> None:
    life = Life(policy_of(big={"when": "touch.amount > 100", "cool_down": "5d"}))
    assert life.lives(touch(30)) == []
    assert life.lives(order(20, 500), at=30.5) == []
    assert life.lives(order(28, 500), at=31) == ["big opened"]


def test_what_it_says() -> None:
    rule = {
        "when": "orders >= 1",
        "severity": "critical",
        "summary": "Welcome {customer}",
        "suggestion": "Send a card.",
        "cool_down": "1d",
    }
    step = advance(
        Profile("ada"), [order(0, 5)], day(0), FixedModels(0.2), policy_of(first=rule, plain={"when": "orders >= 1"})
    )
    (first, _), (plain, _) = own(step.alerts)
    assert (first.summary, first.suggestion, first.severity, first.about) == (
        "Welcome ada", "Send a card.", "critical", "first",
    )  # fmt: skip
    assert (plain.summary, plain.severity) == ("ada matches the rule plain", "warning")
    assert first.id != plain.id


def test_scores_are_asked_for_once_the_models_know_enough() -> None:
    policy = policy_of(risk={"when": "churn_risk > 0.5"}, known={"when": "churn_risk is none"})
    assert Life(policy, FixedModels(0.9, warm=False)).lives(touch(0)) == []
    life = Life(policy, FixedModels(0.9))
    assert life.lives(touch(0)) == ["risk opened"]
    life.models = FixedModels(0.1, warm=False)
    assert life.lives(touch(1)) == []
    life.models = FixedModels(0.1)
    assert life.lives(touch(2)) == ["risk closed"]


def test_a_rule_that_is_held_by_a_score_waits_for_a_model_that_knows() -> None:
    life = Life(policy_of(risk={"when": "churn_risk > 0.5", "hold": "2d"}), FixedModels(0.9))
    assert life.lives(touch(0)) == []
    life.models = FixedModels(0.9, warm=False)
    assert life.waits(4) == []
    assert life.profile.judgements.timer > day(4)


def test_a_rule_can_ask_how_the_customer_sounds() -> None:
    rules = {"cross": {"when": "sentiment < -0.3 and texts >= 2"}, "cheered": {"when": "last_sentiment == 'positive'"}}
    policy, wrote = policy_of(**rules), Details(text="The lamp broke again")
    life = Life(policy, FixedModels(0.2, heard=Heard("negative", -0.6)))
    assert life.lives(touch(0), touch(1, Kind.SERVICE, details=wrote)) == []
    assert life.lives(touch(2, Kind.SERVICE, details=wrote)) == ["cross opened"]
    life.models = FixedModels(0.2, heard=Heard("positive", 0.9))
    assert life.lives(touch(3, Kind.SERVICE, details=wrote)) == ["cheered opened", "cross closed"]
    assert life.lives(touch(4, consent=("profiling",))) == ["cheered closed"]
    unheard = Life(
        policy.model_copy(update={"without": ("sentiment",)}), FixedModels(0.2, heard=Heard("positive", 0.9))
    )
    assert unheard.lives(touch(1, Kind.SERVICE, details=wrote)) == []


def test_a_customer_who_does_not_want_to_be_profiled_is_not_judged() -> None:
    life = Life(policy_of(any={"when": "touchpoints > 0"}, slow={"when": "touchpoints > 1", "hold": "9d"}))
    assert life.lives(touch(0), touch(0.1)) == ["any opened"]
    assert life.lives(touch(1, consent=("profiling",))) == ["any closed"]
    assert life.lives(touch(2)) == []
    assert life.waits(100) == []


def test_a_rule_that_is_taken_out_closes_what_it_opened_and_counts_on_when_it_is_back() -> None:
    policy = policy_of(any={"when": "touchpoints > 0", "cool_down": "0d"})
    life = Life(policy)
    assert life.lives(touch(0)) == ["any opened"]
    life.policy = POLICY
    assert life.lives(touch(1)) == ["any closed"]
    assert life.lives(touch(2)) == []
    life.policy = policy
    assert life.lives(touch(3)) == ["any opened"]
    assert life.profile.judgements.episodes["rule:any"].number == 2


def test_whatever_rules_were_called_a_profile_stays_bounded() -> None:
    policy = policy_of(now={"when": "orders > 1"})
    gone = {f"rule:{number}": Episode(number=1) for number in range(200)}
    kept = remembered({"churn.risk": Episode(), "rule:now": Episode(), **gone}, policy)
    assert set(kept) == {"churn.risk", "rule:now", *(f"rule:{number}" for number in range(200 - MAX_REMEMBERED, 200))}


def test_without_rules_nothing_is_watched() -> None:
    facts = fold(Facts(), [touch(0)])
    assert list(watch(facts, None, [touch(0)], {}, day(0), POLICY)) == []


def test_the_episodes_of_a_rule_follow_it() -> None:
    policy = policy_of(slow={"when": "orders > 1", "hold": "2h", "cool_down": "1d"}, big={"when": "touch.amount > 1"})
    assert (rule_of("rule:slow", policy).hold, rule_of("rule:slow", policy).cool_down) == (7_200.0, 86_400.0)
    opened = Episode(number=1, opened_at=day(0))
    assert passes_at("rule:slow", opened, policy) is None
    assert passes_at("rule:big", opened, policy) == day(14)
    assert passes_at("churn.risk", opened, policy) is None


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"when": "ordrs > 1"}, r"\[rules.x\] when: there is no name ordrs: did you mean orders\?\n +ordrs > 1\n +\^"),
        ({"when": "orders > 1", "until": "orders < 'x'"}, r"\[rules.x\] until: < compares numbers"),
        ({"when": "touch.amount > 1", "hold": "2h"}, r"\[rules.x\] hold: a touchpoint is over at once"),
    ],
)
def test_a_wrong_rule_is_told(given: dict[str, object], said: str) -> None:
    with pytest.raises(RuleError, match=said):
        ready(policy_of(x=given))


def test_policies_that_differ_in_their_rules_alone_are_told_apart() -> None:
    assert [each.name for each in ready(policy_of(a={"when": "orders > 1"}))] == ["a"]
    assert [each.name for each in ready(policy_of(b={"when": "orders > 1"}))] == ["b"]
    assert policy_of(b={"when": "orders > 1"}).seconds.hold == timedelta(0).total_seconds()
