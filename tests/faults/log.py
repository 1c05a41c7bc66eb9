"""The log as the verifier reads it, by itself: what was committed, and which of it is a touchpoint."""

import json
import time
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from kafka import KafkaConsumer, TopicPartition
from kafka.consumer.fetcher import ConsumerRecord

_READ_WITHIN = 60.0


def records_of(broker_url: str, topic: str) -> list[ConsumerRecord]:
    """All records of a topic, in the order of partitions and offsets; none of what a transaction aborted."""
    records: list[ConsumerRecord] = []
    consumer = KafkaConsumer(bootstrap_servers=broker_url, fetch_max_wait_ms=50, isolation_level="read_committed")
    try:
        partitions = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic)]
        consumer.assign(partitions)
        consumer.seek_to_beginning(*partitions)
        deadline = time.monotonic() + _READ_WITHIN
        while any(consumer.position(partition) != consumer.highwater(partition) for partition in partitions):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{topic} cannot be read to its end")
            for batch in consumer.poll(timeout_ms=50).values():
                records += batch
    finally:
        consumer.close()
    return sorted(records, key=lambda record: (record.partition, record.offset))


@dataclass(frozen=True)
class Touchpoint:
    """One record that has to be folded. Orders cost `revenue`; other touchpoints have none."""

    partition: int
    offset: int
    customer: str
    revenue: Decimal | None


def understood(records: Iterable[ConsumerRecord]) -> tuple[list[Touchpoint], set[tuple[int, int]]]:
    """The touchpoints, without those that were sent again, and where (partition, offset) the log holds what is none."""
    touchpoints, refused, known = list[Touchpoint](), set[tuple[int, int]](), set[str | None]()
    for record in records:
        said = touchpoint_of(record)
        if said is None:
            refused.add((record.partition, record.offset))
            continue
        name = said.get("messageId")
        if name is None or name not in known:
            known.add(name)
            order = said["event"] == "Order Completed"
            revenue = Decimal(said["properties"].get("revenue", "0")) if order else None
            touchpoints.append(Touchpoint(record.partition, record.offset, said["userId"], revenue))
    return touchpoints, refused


def touchpoint_of(record: ConsumerRecord) -> dict[str, Any] | None:
    """What a record says, or none if it is no touchpoint: here these are tracked events of known users."""
    try:
        found = json.loads(record.value or b"")
    except ValueError:
        return None
    if not isinstance(found, dict) or found.get("type") != "track":
        return None
    named = all(isinstance(found.get(name), str) and found[name] for name in ("userId", "event"))
    return found if named else None
