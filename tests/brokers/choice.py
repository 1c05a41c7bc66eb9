"""Which broker the tests run on, as `--kafka` says it: `embedded`, `apache`, or the address of one that runs."""

import re
from argparse import ArgumentTypeError
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from kafka.errors import KafkaError

from streams.availability import UnavailableError, reach_broker
from streams.embedded.stack import EmbeddedBroker, EmbeddedStore
from tests.brokers.apache import ApacheKafka
from tests.brokers.jars import kafka_jars

OwnBroker = EmbeddedBroker | ApacheKafka
"""A broker that tests start themselves, and so may stop."""
OWN: dict[str, type[OwnBroker]] = {"embedded": EmbeddedBroker, "apache": ApacheKafka}

_ANSWERS_WITHIN = 10.0


class Stack(NamedTuple):
    """A broker and a store that run."""

    broker_url: str
    redis_url: str


def chosen(said: str) -> str:
    """What `--kafka` was given, if it can be one of these.

    Raises:
        ArgumentTypeError: if it cannot.
    """
    if said not in OWN and not re.fullmatch(r"\S+:\d+", said):
        raise ArgumentTypeError(f"{said!r} is neither embedded nor apache nor an address like 127.0.0.1:9092")
    return said


def make_sure_of(kafka: str) -> None:
    """Fetch what that broker needs, or see that it answers, before any test's time runs.

    Raises:
        UnavailableError: if it cannot be had, with what to do.
    """
    if kafka == "apache":
        kafka_jars()
    elif kafka not in OWN:
        try:
            reach_broker(kafka, _ANSWERS_WITHIN)
        except (OSError, KafkaError) as error:
            raise UnavailableError(f"no broker answers at --kafka={kafka}: {error}") from None


@contextmanager
def running_stack(kafka: str) -> Iterator[Stack]:
    """That broker, started if it is one of our own, and an embedded store."""
    with EmbeddedStore() as store:
        if kafka in OWN:
            with OWN[kafka]() as broker:
                yield Stack(broker.broker_url, store.redis_url)
        else:
            yield Stack(kafka, store.redis_url)
