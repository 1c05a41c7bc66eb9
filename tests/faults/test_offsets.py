"""Case 5: gaps in the offsets, a committed offset before the log's start, and any ratio of partitions to workers."""

import json
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from decimal import Decimal
from uuid import uuid4

import pytest
from kafka import KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient, NewPartitions

from tests.faults.log import understood
from tests.faults.traffic import Sent, history
from tests.faults.world import World
from tests.harness import records_of, wait_until
from tests.integration.working import profiles_of

pytestmark = [pytest.mark.faults, pytest.mark.integration, pytest.mark.timeout(150)]

SMALL = {"EBBFLOW_BATCH_RECORDS": "70"}


@pytest.fixture
def on_apache(pytestconfig: pytest.Config) -> None:
    """Only where the broker is Apache Kafka."""
    if pytestconfig.getoption("--kafka") == "embedded":
        pytest.skip("the embedded broker has no transactions, compacts nothing, and deletes no records: --kafka=apache")


@pytest.mark.parametrize(("partitions", "workers"), [(12, 2), (2, 3)])
def test_more_partitions_than_workers_and_more_workers_than_partitions(
    make_world: Callable[..., World], partitions: int, workers: int
) -> None:
    """Tried without the guard (each partition having a position of its own): one position for all of them, and the
    steps of each refused those of the others for ever."""
    world, sent = make_world(partitions=partitions, prefix=f"t{uuid4().hex[:8]}"), history()
    world.publish(sent[:1000])
    with ExitStack() as running:
        for number in range(workers):
            running.enter_context(world.worker(f"worker {number}", **SMALL))
        world.settles(1000)
        world.publish(sent[1000:])
        world.settles(len(sent))
    assert world.verified(complete=True, clean=world.undisturbed(sent))["alerts"] > 60


@pytest.mark.usefixtures("on_apache")
def test_partitions_are_added(world: World) -> None:
    """Half of the customers go on in another partition, whose offsets begin at 0.

    Tried without the guard (a profile's position for each partition that it was met in, in `fold.fresh`): what came to
    the new partitions was taken for repeats, and never all was folded."""
    sent = history()
    world.publish(sent[:1000])
    with world.worker("before", **SMALL):
        world.settles(1000)
    _add_partitions(world, 8)
    world.publish(sent[1000:])
    with world.worker("after", **SMALL):
        world.settles(len(sent))
    assert world.verified(complete=True)["customers"] == len({each.customer for each in sent})
    undisturbed = world.settings.model_copy(update=dict(world.undisturbed(sent)))
    expected = {name: profile.facts for name, profile in profiles_of(undisturbed).items()}
    found = profiles_of(world.settings)
    assert {name for name, profile in found.items() if profile.facts != expected[name]} == set()
    assert sum(len(profile.at) > 1 for profile in found.values()) > len(found) / 4


@pytest.mark.usefixtures("on_apache")
def test_transactions_leave_gaps_and_what_they_abort_never_happened(world: World) -> None:
    """Tried without the guard (`read_committed` in `_CommittedConsumerThread`): all 2,000 were doubled."""
    sent, topic = history(), world.settings.topic("touchpoints")
    producer = KafkaProducer(
        bootstrap_servers=world.settings.broker_url, transactional_id=world.settings.prefix, acks="all"
    )
    producer.init_transactions()
    with world.worker(at="after-save", nth=5, **SMALL) as worker:
        for first in range(0, len(sent), 50):
            for aborted in (True, False):
                producer.begin_transaction()
                for number, one in enumerate(sent[first : first + 50], first):
                    value = _of(one, one.customer, f"aborted {number}") if aborted else one.value
                    where = one.partition(world.settings.partitions)
                    producer.send(topic, value, one.customer.encode(), None, where, one.timestamp)
                # What is not sent when it is aborted would never have been in the log.
                producer.flush()
                producer.abort_transaction() if aborted else producer.commit_transaction()
        producer.close()
        world.dies(worker)
    with world.worker(**SMALL):
        world.settles(len(sent), end=2 * len(sent))
    figures = world.verified(complete=True, clean=world.undisturbed(sent))
    assert figures["records"] == len(sent)
    assert figures["committed"] > 2 * len(sent)


@pytest.mark.usefixtures("on_apache")
def test_a_compacted_log_has_gaps(world: World) -> None:
    """Tried without the guard (a batch beginning where the one before it ended, in `Ledger.deliver`, rather than at its
    first record): every gap was taken for a Redis that lost something, and read again for ever."""
    topic = world.settings.topic("touchpoints")
    admin = KafkaAdminClient(bootstrap_servers=world.settings.broker_url)
    compact = {"cleanup.policy": "compact", "segment.ms": "200", "min.cleanable.dirty.ratio": "0.01"}
    admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, compact)])
    admin.close()
    # Every third is the last of its key and stays; what is said of a customer once may be said better later.
    sent = history(1500)
    producer = KafkaProducer(bootstrap_servers=world.settings.broker_url, acks="all")
    for number, one in enumerate(sent):
        producer.send(
            topic, one.value, f"{number // 3}".encode(), partition=one.partition(4), timestamp_ms=one.timestamp
        )
    producer.flush()

    def rolled() -> bool:
        for partition in range(4):
            last = replace(sent[-1], customer=(name := f"last of {partition}"), value=_of(sent[-1], name, name))
            producer.send(topic, last.value, f"last {partition}".encode(), partition=partition)
        producer.flush()
        return len(records_of(world.settings, "touchpoints")) < 1400

    wait_until(rolled, within=60, every=1.0)
    producer.close()
    left = records_of(world.settings, "touchpoints")
    told, _ = understood(left)
    ends = {record.partition: record.offset + 1 for record in left}
    with world.worker(**SMALL):
        world.settles(len(told), end=sum(ends.values()))
    figures = world.verified(complete=True)
    assert figures["records"] <= len(left)
    assert figures["committed"] > figures["records"] + 300


@pytest.mark.usefixtures("on_apache")
def test_the_log_begins_after_what_was_committed(world: World) -> None:
    """Tried without the guard (`consumer_auto_offset_reset` earliest): what the log still had was passed over."""
    sent, topic = history(1500), world.settings.topic("touchpoints")
    world.publish(sent[:600])
    with world.worker(**SMALL):
        world.settles(600)
    folded = _sums(sent[:600])
    # 300 more come and are deleted before any worker sees them: for these it is too late, and for these alone.
    world.publish(sent[600:900])
    ends: dict[int, int] = {}
    for record in records_of(world.settings, "touchpoints"):
        ends[record.partition] = record.offset + 1
    admin = KafkaAdminClient(bootstrap_servers=world.settings.broker_url)
    admin.delete_records({TopicPartition(topic, partition): end for partition, end in ends.items()})
    admin.close()
    world.publish(sent[900:])
    with world.worker(**SMALL):
        world.settles(len(sent) - 300, end=len(sent))
    figures = world.verified(complete=True, earlier=folded)
    assert figures["records"] == 600
    assert figures["folded"] == 1200


def _add_partitions(world: World, count: int) -> None:
    admin = KafkaAdminClient(bootstrap_servers=world.settings.broker_url)
    admin.create_partitions({world.settings.topic("touchpoints"): NewPartitions(count)})
    admin.close()
    world.settings = world.settings.model_copy(update={"partitions": count})


def _of(one: Sent, customer: str, name: str) -> bytes:
    """The same of another customer, with this as its id."""
    return json.dumps(json.loads(one.value) | {"userId": customer, "messageId": name}).encode()


def _sums(sent: list[Sent]) -> dict[str, dict[str, int | str]]:
    """What each customer's touchpoints come to, as the verifier wants to be told."""
    sums: dict[str, dict[str, int | str]] = {}
    for one in sent:
        said = json.loads(one.value)
        held = sums.setdefault(one.customer, {"touchpoints": 0, "orders": 0, "revenue": "0"})
        order = said["event"] == "Order Completed"
        held["touchpoints"] = int(held["touchpoints"]) + 1
        held["orders"] = int(held["orders"]) + order
        held["revenue"] = str(Decimal(held["revenue"]) + Decimal(said["properties"].get("revenue", "0")))
    return sums
