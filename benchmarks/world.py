"""A broker, a store, and settings for everything that runs between them."""

from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import uuid4

from pydantic import SecretStr

from schemas.settings import Settings
from streams.embedded.stack import free_port
from streams.topics import declare
from tests.brokers.choice import chosen, make_sure_of, running_stack

WRITE_KEY, READ_TOKEN = "benchmark-write-key", "benchmark-read-token"


def add_option(parser: ArgumentParser) -> None:
    """The option that chooses the broker."""
    parser.add_argument(
        "--kafka", type=chosen, default="apache", metavar="BROKER", help="apache (the default), embedded, or HOST:PORT"
    )


@contextmanager
def world(kafka: str) -> Iterator[Settings]:
    """A broker and an empty store for as long as the block lasts; topics that nobody else uses are declared."""
    make_sure_of(kafka)
    with running_stack(kafka) as stack:
        settings = Settings(
            broker_url=stack.broker_url,
            redis_url=stack.redis_url,
            prefix=f"benchmark-{uuid4().hex[:8]}",
            session_timeout=timedelta(seconds=6),
            worker_metrics_port=0,
            model_key=SecretStr("benchmark-model-key"),
            write_keys=SecretStr(WRITE_KEY),
            gateway_port=free_port(),
            gateway_metrics_port=0,
        )
        declare(settings)
        yield settings
