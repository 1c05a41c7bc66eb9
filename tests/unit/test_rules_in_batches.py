"""Rules about touchpoints: what they raise does not depend on how the log was cut into batches."""

import random
from collections.abc import Sequence

import msgspec
import pytest

from processors.advance import Step, advance
from processors.living import Living
from processors.models import NoModels
from schemas.alert import Alert, AlertKind
from schemas.kinds import Kind
from schemas.profile import Profile
from schemas.rules import AlertRule
from schemas.touch import Absorb, Handover, Touch
from tests.unit.making import POLICY, FixedModels, day, touch

HOUR = 1 / 24
RULES = {
    "big": {"when": "touch.amount > 100", "cool_down": "2h"},
    "first-order": {"when": "touch.kind == 'purchase' and orders == 1"},
    "unhappy": {"when": "touch.rating <= 0.3", "until": "touch.name == 'Case Closed'", "cool_down": "1h"},
    "stuck": {
        "when": "touch.kind == 'friction' and count.friction > count.service",
        "until": "count.service > count.friction",
        "cool_down": "1h",
    },
}
POLICY_OF_RULES = POLICY.model_copy(
    update={"rules": {name: AlertRule.model_validate(given) for name, given in RULES.items()}}
)


def at(one: Touch, offset: int) -> Touch:
    """As the log has it: in one partition, some minutes after it happened."""
    return msgspec.structs.replace(one, partition=0, offset=offset, received=one.at + 300 * (offset % 3))


def history(seed: int) -> list[Touch]:
    """A log of two days, with the notes that a worker left which handled one record at a time."""
    chance, log, profiles = random.Random(seed), list[Touch](), dict[str, Profile]()
    for number in range(120):
        person, kind = chance.choice("abcd"), chance.choice((Kind.PURCHASE, Kind.FEEDBACK, Kind.FRICTION, Kind.SERVICE))
        # Visitors at first, of whom most sign in sooner or later.
        known = chance.random() < number / 150
        one = touch(
            number * 0.4 * HOUR, kind, f"user {person}" if known else f"anon:{person}",
            aliases=(f"anon:{person}",) if known else (),
            amount=chance.uniform(50, 200) if kind is Kind.PURCHASE else None, currency="EUR",
            rating=chance.random() if kind is Kind.FEEDBACK else None,
        )  # fmt: skip
        waiting = [msgspec.structs.replace(one, name="Case Closed") if kind is Kind.SERVICE else one]
        while waiting:
            record = at(waiting.pop(0), len(log))
            log.append(record)
            before = profiles.get(record.customer, Profile(record.customer))
            step = advance(before, [record], record.received, NoModels(), POLICY_OF_RULES)
            profiles[record.customer] = step.profile
            waiting += [Touch(note.customer, one.at, "", note=note) for note in step.notes]
    return log


def turned(log: Sequence[Touch], size: int) -> tuple[list[tuple[str, str, str, int]], Living]:
    heard: list[Alert] = []

    def hear(step: Step) -> None:
        heard.extend(alert for alert in step.alerts if alert.kind is AlertKind.RULE_MATCHED)

    living, now = Living(POLICY_OF_RULES, hear), 0.0
    for first in range(0, len(log), size):
        batch = log[first : first + size]
        now = max(now, *(each.received for each in batch))
        living.take(batch, now)
    living.wait(now + 86_400 * 60)
    assert len({each.id for each in heard}) == len(heard)
    return sorted((each.customer, each.about or "", each.state, each.episode) for each in heard), living


@pytest.mark.parametrize("seed", range(12))
def test_the_same_alerts_turn_whatever_the_batches(seed: int) -> None:
    log = history(seed)
    assert any(isinstance(each.note, Handover) for each in log)
    one_by_one, lived = turned(log, 1)
    # Some of them are of visitors who were known by name later on.
    moved = {name for name, profile in lived.profiles.items() if profile.facts.moved_to}
    assert any(state == "opened" and customer in moved for customer, _, state, _ in one_by_one)
    assert {rule for _, rule, _, _ in one_by_one} == set(RULES)
    for size in (7, 40, len(log)):
        assert turned(log, size)[0] == one_by_one


def test_what_a_visitor_did_is_judged_before_they_are_known_by_name() -> None:
    bought = at(touch(0, Kind.PURCHASE, "anon:v", amount=500.0, currency="EUR"), 0)
    note = at(Touch("anon:v", day(0.1), "", note=Handover("anon:v", "ada")), 1)
    step = advance(Profile("anon:v"), [bought, note], day(0.2), FixedModels(0.2), POLICY_OF_RULES)
    told = [(each.about, each.state, each.customer) for each in step.alerts]
    assert told.count(("big", "opened", "anon:v")) == told.count(("big", "closed", "anon:v")) == 1
    assert told.index(("big", "opened", "anon:v")) < told.index(("big", "closed", "anon:v"))
    assert "known as ada" in step.alerts[-1].summary
    assert step.folded == [bought]
    (left,) = step.notes
    assert isinstance(left, Absorb)
    # What it waits for is handed over as it is after the last touch.
    alone = advance(Profile("anon:v"), [bought], day(0.2), FixedModels(0.2), POLICY)
    assert left.pending == alone.profile.judgements.pending
    again = advance(step.profile, [bought, note], day(0.2), FixedModels(0.2), POLICY_OF_RULES)
    assert (again.profile is step.profile, again.repeated, again.alerts) == (True, 2, ())


def test_what_is_told_late_is_no_news_in_any_batch() -> None:
    late = msgspec.structs.replace(touch(0, Kind.PURCHASE, amount=500.0, currency="EUR"), received=day(1))
    soon = msgspec.structs.replace(late, at=day(1) - 600)
    for touches, expected in (([late], 0), ([soon], 1), ([late, soon, touch(2)], 1), ([soon, late, touch(2)], 1)):
        step = advance(Profile("ada"), touches, day(2), NoModels(), POLICY_OF_RULES)
        opened = [each for each in step.alerts if each.about == "big" and each.state == "opened"]
        assert len(opened) == expected
        assert all(each.at.timestamp() == day(1) for each in opened)
