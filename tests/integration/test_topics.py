"""Topics: declared once, found ever after, and what `ebbflow topics` says of them."""

import pytest
from kafka import KafkaProducer

from streams.topics import TOPICS, declare, describe
from tests.brokers.choice import Stack
from tests.harness import settings_for
from tests.integration.working import ebbflow

pytestmark = pytest.mark.integration


def test_declaring_makes_what_is_missing_and_leaves_what_is_there(stack: Stack) -> None:
    settings = settings_for(stack)
    names = tuple(f"{settings.prefix}.{name}" for name in TOPICS)
    first = declare(settings)
    assert (sorted(first.created), first.existing) == (sorted(names), ())
    before = describe(settings)
    second = declare(settings.model_copy(update={"partitions": 7}))
    assert (second.created, sorted(second.existing)) == ((), sorted(names))
    assert describe(settings) == before
    assert [(topic.name, topic.partitions) for topic in before] == list(zip(names, (4, 4, 1, 1, 1), strict=True))
    assert len({topic.topic_id for topic in before}) == len(TOPICS)


def test_records_are_counted(stack: Stack) -> None:
    settings = settings_for(stack)
    declare(settings)
    producer = KafkaProducer(bootstrap_servers=settings.broker_url)
    for number in range(10):
        producer.send(settings.topic("touchpoints"), b"{}", key=str(number).encode())
    producer.close()
    assert [topic.records for topic in describe(settings)] == [10, 0, 0, 0, 0]


def test_the_command_declares_and_shows(stack: Stack) -> None:
    settings = settings_for(stack)
    shown = []
    for _ in range(2):
        done = ebbflow(settings, "topics")
        assert done.returncode == 0, done.stderr
        shown.append(done.stdout)
    assert shown[0].count("made now") == len(TOPICS)
    assert "made now" not in shown[1]
    for topic in describe(settings):
        assert topic.name in shown[1]
        assert topic.topic_id in shown[1]
