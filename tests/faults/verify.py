"""The verifier: another program, which believes nothing but what came out.

    python -m tests.faults.verify BROKER REDIS PREFIX EXPECTATIONS

It reads the log of touchpoints itself, without `processors`, works out what each customer must have come to, and holds
against it the profiles, alerts, outcomes, rejected records and committed offsets. EXPECTATIONS is a JSON file:

- `complete`: all of the log must have been folded. Otherwise only each profile must be what its own offsets say.
- `clean`: where a run of the same touchpoints is that nothing disturbed (`broker_url`, `redis_url`, `prefix`): the
  facts must be the same bytes, and the alerts have the same ids.
- `differs`: an id may have two contents, since the state that the first came of was lost.
- `earlier`: customers whose touchpoints the log no longer holds all of, each with its `touchpoints`, `orders` and
  `revenue` of before.

Prints one JSON object of `figures` and `problems`; the exit status is 1 when there are problems.
"""

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
from kafka.admin import KafkaAdminClient
from kafka.consumer.fetcher import ConsumerRecord
from redis import Redis

from schemas.settings import Settings
from tests.faults.log import Touchpoint, records_of, understood

SCHEMAS = Path(__file__).parents[2] / "docs" / "schemas"
MOST_SAID, LONGEST = 10, 1_000


@dataclass
class Sum:
    """What touchpoints come to."""

    touchpoints: int = 0
    orders: int = 0
    revenue: Decimal = Decimal(0)

    def add(self, one: "Touchpoint") -> None:
        """One more."""
        self.touchpoints += 1
        if one.revenue is not None:
            self.orders += 1
            self.revenue += one.revenue


@dataclass
class Report:
    """What was found."""

    figures: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    def hold(self, right: bool, problem: str) -> None:
        """Note down a problem unless all is right."""
        if not right:
            self.problems.append(problem)


@dataclass(frozen=True)
class Held:
    """What Redis holds of a customer: the facts as the bytes that they are, the offsets folded in by partition, and the
    fields published beside them."""

    facts: bytes
    at: Mapping[int, int]
    published: Mapping[bytes, bytes]

    def sum(self) -> Sum:
        """What the facts come to."""
        facts = msgspec.msgpack.decode(self.facts)
        money = facts.get("money", {}).get("EUR", {})
        return Sum(facts["touchpoints"], money.get("orders", 0), Decimal(str(money.get("revenue", 0))))


def profiles_under(settings: Settings) -> dict[str, Held]:
    """All customers."""
    start, beside = settings.keyspace("profile:"), settings.keyspace("customer:")
    with Redis.from_url(settings.redis_url) as redis:
        customers = [key.decode().removeprefix(start) for key in redis.scan_iter(f"{start}*", count=5000)]
        with redis.pipeline(transaction=False) as pipe:
            for customer in customers:
                pipe.get(start + customer)
                pipe.hgetall(beside + customer)
            found = pipe.execute()
    profiles = {}
    for customer, document, published in zip(customers, found[::2], found[1::2], strict=True):
        # A line with the revision, then the document.
        parts = msgspec.msgpack.decode(document.partition(b"\n")[2], type=dict[str, msgspec.Raw])
        at = msgspec.msgpack.decode(parts["at"], type=dict[int, int])
        profiles[customer] = Held(bytes(parts["facts"]), at, published)
    return profiles


def is_folded(one: Touchpoint, profiles: Mapping[str, Held]) -> bool:
    """Whether a profile says that it has come past this record."""
    return one.customer in profiles and profiles[one.customer].at.get(one.partition, -1) >= one.offset


def check_profiles(
    report: Report,
    touchpoints: Iterable[Touchpoint],
    profiles: Mapping[str, Held],
    expectations: Mapping[str, Any],
) -> None:
    """Every touchpoint exactly once, to the cent."""
    sums = defaultdict[str, Sum](Sum)
    for customer, earlier in expectations.get("earlier", {}).items():
        sums[customer] = Sum(earlier["touchpoints"], earlier["orders"], Decimal(earlier["revenue"]))
    for one in touchpoints:
        if expectations["complete"] or is_folded(one, profiles):
            sums[one.customer].add(one)
    for customer in sums.keys() | profiles.keys():
        expected, held = sums[customer], profiles.get(customer)
        found = held.sum() if held else Sum()
        report.hold(found == expected, f"{customer}: {found}, not {expected}")
        report.figures["customers"] += held is not None
        report.figures["folded"] += found.touchpoints
        report.figures["lost"] += max(0, expected.touchpoints - found.touchpoints)
        report.figures["doubled"] += max(0, found.touchpoints - expected.touchpoints)
        if held:
            shown = (int(held.published[b"touchpoints"]), int(held.published[b"orders"]))
            same = shown == (found.touchpoints, found.orders)
            report.hold(same, f"{customer}: the published fields say {shown}, the profile {found}")


def check_published(report: Report, records: Iterable[ConsumerRecord], name: str, differs: bool) -> set[str]:
    """Alerts or outcomes: each as its schema says, and no id with two contents unless it may; returns the ids."""
    schema = jsonschema.Draft202012Validator(json.loads((SCHEMAS / f"{name}.json").read_text()))
    contents: dict[str, bytes] = {}
    for record in records:
        value = json.loads(record.value)
        for error in schema.iter_errors(value):
            report.problems.append(f"{name} at {record.partition}/{record.offset}: {error.message}")
        report.hold(record.key == value["customer"].encode(), f"{name} {value['id']} is not keyed by its customer")
        if value["id"] in contents:
            report.figures[f"{name}s published again"] += 1
            same = contents[value["id"]] == record.value
            report.hold(same or differs, f"{name} {value['id']} says {contents[value['id']]!r} and {record.value!r}")
        contents[value["id"]] = record.value
    report.figures[f"{name}s"] = len(contents)
    return set(contents)


def check_rejected(report: Report, refused: set[tuple[int, int]], rejected: Iterable[ConsumerRecord]) -> None:
    """What is no touchpoint was kept, and nothing else."""
    kept = {(value["partition"], value["offset"]) for value in (json.loads(record.value) for record in rejected)}
    report.hold(kept == refused, f"refused but not kept: {refused - kept}; kept but fine: {kept - refused}")
    report.figures["rejected"] = len(kept)


def check_committed(
    report: Report,
    settings: Settings,
    ends: Mapping[int, int],
    touchpoints: Iterable[Touchpoint],
    profiles: Mapping[str, Held],
) -> None:
    """Committed offsets lie within the log, and what they say is done is in the profiles."""
    group, topic = settings.topic("ebbflow"), settings.topic("touchpoints")
    admin = KafkaAdminClient(bootstrap_servers=settings.broker_url)
    try:
        found = admin.list_group_offsets(group)[group]
    finally:
        admin.close()
    committed = {tp.partition: offset.offset for tp, offset in found.items() if tp.topic == topic}
    for one in touchpoints:
        if one.offset < committed.get(one.partition, 0):
            report.hold(is_folded(one, profiles), f"{one.partition}/{one.offset} is committed and not folded")
    for partition, offset in committed.items():
        within = offset <= ends.get(partition, 0)
        report.hold(within, f"partition {partition} is committed to {offset}, its end is {ends.get(partition, 0)}")
        report.figures["committed"] += max(0, offset)


def check_clean(report: Report, clean: Settings, profiles: Mapping[str, Held], alerts: set[str]) -> None:
    """The same facts, byte for byte, and the same alerts as the run that nothing disturbed."""
    expected = profiles_under(clean)
    report.hold(expected.keys() == profiles.keys(), f"other customers: {sorted(expected.keys() ^ profiles.keys())[:5]}")
    for customer in expected.keys() & profiles.keys():
        same = expected[customer].facts == profiles[customer].facts
        report.hold(same, f"{customer}: {profiles[customer].facts!r}, undisturbed {expected[customer].facts!r}")
        report.figures["facts the same bytes"] += same
    known = {json.loads(record.value)["id"] for record in records_of(clean.broker_url, clean.topic("alerts"))}
    report.hold(known <= alerts, f"{len(known - alerts)} alerts of the clean run are missing")
    report.hold(alerts <= known, f"{len(alerts - known)} alerts are not in the clean run")


def verify(broker_url: str, redis_url: str, prefix: str, expectations: Mapping[str, Any]) -> Report:
    """Look at everything that came out."""
    settings, report = Settings(broker_url=broker_url, redis_url=redis_url, prefix=prefix), Report()
    records = records_of(broker_url, settings.topic("touchpoints"))
    # A transaction's marker takes the offset after its last record.
    ends = {record.partition: record.offset + 2 for record in records}
    touchpoints, refused = understood(records)
    report.figures["records"] = len(records)
    report.figures["sent again"] = len(records) - len(touchpoints) - len(refused)
    profiles = profiles_under(settings)
    check_profiles(report, touchpoints, profiles, expectations)
    differs = expectations.get("differs", False)
    alerts = check_published(report, records_of(broker_url, settings.topic("alerts")), "alert", differs)
    check_published(report, records_of(broker_url, settings.topic("outcomes")), "outcome", differs)
    check_rejected(report, refused, records_of(broker_url, settings.topic("rejected")))
    check_committed(report, settings, ends, touchpoints, profiles)
    if clean := expectations.get("clean"):
        check_clean(report, Settings(**clean), profiles, alerts)
    return report


if __name__ == "__main__":
    found = verify(*sys.argv[1:4], json.loads(Path(sys.argv[4]).read_text()))
    said = [problem[:LONGEST] for problem in found.problems[:MOST_SAID]]
    print(json.dumps({"figures": found.figures, "problems": said}))
    sys.exit(1 if found.problems else 0)
