"""One person behind many keys, by two workers, with kills and restarts: as if the ids had been known from the start."""

import json
import random
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest

from processors.fold import fold
from processors.kinds import KindRules
from processors.reading import read
from schemas.facts import Facts
from schemas.settings import Settings
from tests.harness import records_of, wait_until
from tests.integration.working import ebbflow, folded, producer_for, profiles_of, running_worker

pytestmark = [pytest.mark.faults, pytest.mark.integration, pytest.mark.timeout(300)]

PEOPLE, TOUCHES = 40, 1_200
BEGIN = 1_767_571_200.0
EVENTS = ("Product Viewed", "Order Completed", "Ticket Created", "Signed In", "Payment Failed")


@dataclass
class Told:
    """A touchpoint as it is sent, and whose it really is."""

    person: str
    key: str
    at: float
    value: bytes


def lives(seed: int) -> list[Told]:
    """People who visit from up to three browsers, sign in on each sooner or later, and come back unknown."""
    chance, told = random.Random(seed), []
    for number in range(TOUCHES):
        person = f"p{chance.randrange(PEOPLE)}"
        visitor = f"{person}-browser-{chance.randrange(3)}"
        way = "both" if number > TOUCHES - 4 * PEOPLE else chance.choice(("visitor", "visitor", "user", "both"))
        event = {"type": "track", "event": chance.choice(EVENTS), "messageId": f"{seed}-{number}"}
        if event["event"] == "Order Completed":
            event["properties"] = {"revenue": chance.randrange(1, 9_999) / 100, "currency": "EUR"}
        if way != "visitor":
            event["userId"] = person
        if way != "user":
            event["anonymousId"] = visitor
        key = person if way != "visitor" else f"anon:{visitor}"
        told.append(Told(person, key, BEGIN + number * 600.0, json.dumps(event).encode()))
    return told


def known_from_the_start(told: list[Told]) -> dict[str, Facts]:
    """The facts of each key if every key that is ever seen with a user had been that user's all along."""
    owner, rules = {}, KindRules({})
    for one in told:
        event = json.loads(one.value)
        if "userId" in event and "anonymousId" in event:
            owner[f"anon:{event['anonymousId']}"] = one.person
    facts: dict[str, Facts] = {}
    for one in told:
        customer = owner.get(one.key, one.key)
        facts[customer] = fold(facts.get(customer, Facts()), [read(one.value, one.at, rules)])
    return facts


def known(facts: Facts) -> dict[str, object]:
    return {
        "touchpoints": facts.touchpoints,
        "meaningful": facts.meaningful,
        "seen": (facts.first_seen, facts.last_seen, facts.last_meaningful),
        "kinds": facts.kinds,
        "money": {currency: (held.orders, held.revenue, held.last_at) for currency, held in facts.money.items()},
        "journey": sorted((one.at, one.name) for one in facts.recent),
    }


def send(settings: Settings, told: list[Told]) -> None:
    producer = producer_for(settings)
    for one in told:
        producer.send(settings.topic("touchpoints"), one.value, one.key.encode(), timestamp_ms=round(one.at * 1000))
    producer.flush()
    producer.close()


@pytest.mark.parametrize("seed", [1, 2])
def test_two_workers_with_restarts_come_to_what_was_known_from_the_start(
    settings: Settings, tmp_path: Path, seed: int
) -> None:
    told, third = lives(seed), TOUCHES // 3
    more = {"EBBFLOW_BATCH_RECORDS": "20", "EBBFLOW_ROLE": "profiles"}
    with running_worker(settings, tmp_path / "first.log", **more):
        send(settings, told[:third])
        with running_worker(settings, tmp_path / "second.log", **more):
            send(settings, told[third : 2 * third])
            wait_until(lambda: folded(settings) > third)
        # The second is dead by now, in the middle of its work.
        send(settings, told[2 * third :])
        wait_until(lambda: folded(settings) > 2 * third)
    with running_worker(settings, tmp_path / "third.log", **more) as last:
        right = known_from_the_start(told)

        def settled() -> bool:
            found = profiles_of(settings)
            return {customer: known(one.facts) for customer, one in found.items() if not one.facts.moved_to} == {
                customer: known(facts) for customer, facts in right.items()
            }

        wait_until(settled, within=120, every=0.5)
        # All may have been settled before it was up, and what is told to stop as it starts is ended by the signal.
        wait_until(lambda: "Worker ready" in (tmp_path / "third.log").read_text(errors="replace"))
        assert last.stop() == 0
    before = profiles_of(settings)
    assert sum(one.facts.touchpoints for one in before.values()) == TOUCHES

    said = ebbflow(settings, "rebuild", "--yes")
    assert said.returncode == 0, said.stderr
    after = profiles_of(settings)
    assert {name: msgspec.msgpack.encode(one.facts) for name, one in after.items()} == {
        name: msgspec.msgpack.encode(one.facts) for name, one in before.items()
    }
    assert not records_of(settings, "rejected")
