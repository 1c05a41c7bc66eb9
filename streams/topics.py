"""The topics of Ebbflow: what each is for, declaring them, and how full they are."""

from dataclasses import dataclass
from datetime import timedelta

import kafka.errors
from kafka import TopicPartition
from kafka.admin import KafkaAdminClient
from kafka.protocol.consumer import OffsetSpec

from schemas.settings import Settings

TOUCHPOINTS = "touchpoints"
ALERTS = "alerts"
OUTCOMES = "outcomes"
REJECTED = "rejected"
TOPICS = (TOUCHPOINTS, ALERTS, OUTCOMES, REJECTED)

_KEPT = timedelta(days=30)
_FOR_EVER = -1


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
    with _admin(settings) as admin:
        found = {topic["name"]: topic for topic in admin.describe_topics([settings.topic(name) for name in TOPICS])}
        states = []
        for name in map(settings.topic, TOPICS):
            kafka_partitions = [TopicPartition(name, part["partition_index"]) for part in found[name]["partitions"]]
            first = admin.list_partition_offsets(dict.fromkeys(kafka_partitions, OffsetSpec.EARLIEST))
            end = admin.list_partition_offsets(dict.fromkeys(kafka_partitions, OffsetSpec.LATEST))
            records = sum(end[partition].offset - first[partition].offset for partition in kafka_partitions)
            states.append(TopicState(name, len(kafka_partitions), records, str(found[name]["topic_id"])))
        return states


def _shape(name: str, settings: Settings) -> dict[str, object]:
    # Touchpoints are the log that profiles are rebuilt from. Replayed ones carry old times, and a broker that keeps
    # records by age would delete them as soon as they come.
    retention = _FOR_EVER if name == TOUCHPOINTS else int(_KEPT.total_seconds() * 1000)
    # One partition is one learner, which sees all outcomes in one order.
    partitions = settings.partitions if name in (TOUCHPOINTS, ALERTS) else 1
    return {
        "num_partitions": partitions,
        "replication_factor": settings.replication,
        "configs": {"retention.ms": str(retention)},
    }


def _admin(settings: Settings) -> KafkaAdminClient:
    return KafkaAdminClient(bootstrap_servers=settings.broker_url, client_id="ebbflow-topics")
