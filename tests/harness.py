"""Running parts of Ebbflow in a test, and looking at what came of it."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import uuid4

from kafka import KafkaConsumer, TopicPartition
from kafka.consumer.fetcher import ConsumerRecord

from schemas.settings import Settings
from streams.embedded.stack import free_port
from streams.gateway.keys import WriteKeys
from streams.gateway.metrics import GatewayMetrics
from streams.gateway.serve import server
from streams.producer import Producer
from tests.brokers.choice import Stack

WRITE_KEY = "test-write-key"


def settings_for(stack: Stack) -> Settings:
    """Settings of a world that nobody else sees: names of its own on this stack."""
    return Settings(
        broker_url=stack.broker_url,
        redis_url=stack.redis_url,
        prefix=f"t{uuid4().hex[:8]}",
        partitions=4,
        session_timeout=timedelta(seconds=3),
        write_keys=WRITE_KEY,
        gateway_port=free_port(),
        gateway_metrics_port=0,
    )


@contextmanager
def running_gateway(settings: Settings) -> Iterator[str]:
    """A gateway in a thread of its own, whose topics are declared; gives its URL."""
    metrics = GatewayMetrics()
    gateway = server(settings, WriteKeys(settings), Producer(settings), metrics)
    thread = threading.Thread(target=gateway.run)
    with metrics.listening(settings):
        thread.start()
        try:
            wait_until(lambda: gateway.started, within=10)
            yield f"http://{settings.gateway_host}:{settings.gateway_port}"
        finally:
            gateway.should_exit = True
            thread.join()


def wait_until(condition: Callable[[], object], within: float = 60, every: float = 0.1) -> None:
    """Return as soon as the condition holds, looking so often; fail when it does not in so many seconds."""
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, f"not within {within} s"
        time.sleep(every)


def records_of(settings: Settings, topic: str, within: float = 30) -> list[ConsumerRecord]:
    """All records that a topic holds now, in the order of partitions and offsets."""
    name, records = settings.topic(topic), []
    consumer = KafkaConsumer(bootstrap_servers=settings.broker_url, fetch_max_wait_ms=50)
    try:
        partitions = [TopicPartition(name, number) for number in consumer.partitions_for_topic(name)]
        consumer.assign(partitions)
        consumer.seek_to_beginning(*partitions)
        deadline = time.monotonic() + within
        # What a fetch says of the end is right on every broker; the embedded one answers end_offsets wrongly.
        while any(consumer.position(partition) != consumer.highwater(partition) for partition in partitions):
            assert time.monotonic() < deadline, f"{name} cannot be read to its end"
            for batch in consumer.poll(timeout_ms=50).values():
                records += batch
        return sorted(records, key=lambda record: (record.partition, record.offset))
    finally:
        consumer.close()
