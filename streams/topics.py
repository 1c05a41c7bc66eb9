"""The topics of Ebbflow: what each is for, declaring them, and how full they are."""

import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import kafka.errors
from kafka import KafkaConsumer, TopicPartition
from kafka.admin import KafkaAdminClient

from schemas.settings import Settings

TOUCHPOINTS = "touchpoints"
ALERTS = "alerts"
OUTCOMES = "outcomes"
REJECTED = "rejected"
ERASED = "erased"
TOPICS = (TOUCHPOINTS, ALERTS, OUTCOMES, REJECTED, ERASED)

FEED_HEADER, ROW_HEADER = "ebbflow-feed", "ebbflow-row"
"""Headers of a touchpoint that was in a file: which one, and in which row."""
TRACE_HEADER = "traceparent"
"""Header of a touchpoint or an alert that is traced: where its trace goes on from, by W3C Trace Context."""

MAX_RECORD = 2 * 1024 * 1024
"""Bytes of a record of `rejected`, which holds another record in base64."""
MAX_KEPT = 256 * 1024
"""Bytes that a gateway or an import keeps of what it refuses: in base64, well under what brokers and clients take."""

_KEPT = timedelta(days=30)
_FOR_EVER = -1
_FETCH_WAIT = 50
_ENDS_WITHIN = 10.0


@dataclass(frozen=True)
class Declared:
    """Full names of the topics that a declaration made, and of those it found."""

    created: tuple[str, ...]
    existing: tuple[str, ...]


@dataclass(frozen=True)
class TopicState:
    """A topic as the broker has it. A topic that was deleted and made again has another `topic_id`."""

    name: str
    partitions: int
    records: int
    topic_id: str


def declare(settings: Settings) -> Declared:
    """Make the topics that are missing; those that exist stay as they are.

    Raises:
        kafka.errors.KafkaError: if the broker is away or refuses.
    """
    with _admin(settings) as admin:
        wanted = {settings.topic(name): _shape(name, settings) for name in TOPICS}
        answer = admin.create_topics(wanted, raise_errors=False)
        created, existing = [], []
        for topic in answer["topics"]:
            error = kafka.errors.for_code(topic["error_code"])
            if error is kafka.errors.NoError:
                created.append(topic["name"])
            elif error is kafka.errors.TopicAlreadyExistsError:
                existing.append(topic["name"])
            else:
                raise error(f"topic {topic['name']}: {topic['error_message']}")
        admin.wait_for_topics(list(wanted))
        return Declared(tuple(created), tuple(existing))


def describe(settings: Settings) -> list[TopicState]:
    """The declared topics and how many records each holds, in the order of `TOPICS`.

    Raises:
        kafka.errors.KafkaError: if the broker is away, or a topic is not declared.
    """
    names = [settings.topic(name) for name in TOPICS]
    found = _found(settings, names)
    partitions = {
        name: [TopicPartition(name, part["partition_index"]) for part in found[name]["partitions"]] for name in names
    }
    held = _records_held(settings, [partition for each in partitions.values() for partition in each])
    return [
        TopicState(name, len(parts), sum(held[part] for part in parts), str(found[name]["topic_id"]))
        for name, parts in partitions.items()
    ]


def topic_id(settings: Settings, topic: str) -> str:
    """The id of a declared topic; one that was deleted and made again has another.

    Raises:
        kafka.errors.KafkaError: if the broker is away, or the topic is not declared.
    """
    name = settings.topic(topic)
    return str(_found(settings, [name])[name]["topic_id"])


def _found(settings: Settings, names: list[str]) -> dict[str, Any]:
    with _admin(settings) as admin:
        found = {topic["name"]: topic for topic in admin.describe_topics(names)}
    for name in names:
        error = kafka.errors.for_code(found[name]["error_code"])
        if error is not kafka.errors.NoError:
            raise error(f"topic {name}: `ebbflow topics` declares it")
    return found


def _records_held(settings: Settings, partitions: list[TopicPartition]) -> dict[TopicPartition, int]:
    # The embedded broker, asked for the end of a log, forgets all but the first record of the last batch; what comes
    # with a fetch is right on every broker.
    consumer = KafkaConsumer(bootstrap_servers=settings.broker_url, fetch_max_wait_ms=_FETCH_WAIT)
    try:
        consumer.assign(partitions)
        consumer.seek_to_end(*partitions)
        first, deadline = consumer.beginning_offsets(partitions), time.monotonic() + _ENDS_WITHIN
        while any(consumer.highwater(partition) is None for partition in partitions):
            if time.monotonic() > deadline:
                raise kafka.errors.KafkaTimeoutError(f"no end of each topic within {_ENDS_WITHIN:g} s")
            consumer.poll(_FETCH_WAIT)
        return {partition: consumer.highwater(partition) - first[partition] for partition in partitions}
    finally:
        consumer.close()


def _shape(name: str, settings: Settings) -> dict[str, object]:
    # Touchpoints are the log that profiles are rebuilt from. Replayed ones carry old times, and a broker that keeps
    # records by age would delete them as soon as they come.
    retention = _FOR_EVER if name in (TOUCHPOINTS, ERASED) else int(_KEPT.total_seconds() * 1000)
    # One partition is one learner, which sees all outcomes in one order.
    partitions = settings.partitions if name in (TOUCHPOINTS, ALERTS) else 1
    return {
        "num_partitions": partitions,
        "replication_factor": settings.replication,
        "configs": {"retention.ms": str(retention)}
        | ({"max.message.bytes": str(MAX_RECORD)} if name == REJECTED else {})
        | ({"cleanup.policy": "compact"} if name == ERASED else {}),
    }


def _admin(settings: Settings) -> KafkaAdminClient:
    return KafkaAdminClient(bootstrap_servers=settings.broker_url, client_id="ebbflow-topics")
