"""Running the gateway: wait for the broker, declare the topics, listen, and end in order."""

import math
from asyncio import Protocol
from typing import cast

import uvicorn

from schemas.settings import Settings
from streams.availability import UnavailableError, wait_for_broker
from streams.gateway.app import create_app
from streams.gateway.connection import connections
from streams.gateway.keys import WriteKeys
from streams.gateway.metrics import GatewayMetrics
from streams.producer import Producer
from streams.topics import declare


def serve(settings: Settings) -> None:
    """Run until a signal ends it: requests that have begun are answered, and what was sent is flushed.

    Raises:
        SettingsError: if there is no write key.
        UnavailableError: if the broker stays away for longer than the settings allow, or a port is taken.
        KeyboardInterrupt: when SIGINT ended it.
    """
    keys = WriteKeys(settings)
    wait_for_broker(settings)
    declare(settings)
    metrics = GatewayMetrics()
    gateway = server(settings, keys, Producer(settings), metrics)
    with metrics.listening(settings):
        gateway.run()
    if not gateway.started:
        raise UnavailableError("The gateway could not begin; its log says why")


def server(settings: Settings, keys: WriteKeys, producer: Producer, metrics: GatewayMetrics) -> uvicorn.Server:
    """The HTTP server of a gateway, which can be run in any thread and stopped by its `should_exit`."""
    return uvicorn.Server(
        uvicorn.Config(
            create_app(settings, keys, producer, metrics),
            # Makes connections as a class does, which is all that is asked of it.
            http=cast("type[Protocol]", connections(settings.client_timeout, metrics)),
            ws="none",
            host=settings.gateway_host,
            port=settings.gateway_port,
            lifespan="on",
            log_config=None,
            # It would log write keys in queries.
            access_log=False,
            server_header=False,
            headers=[("X-Content-Type-Options", "nosniff")],
            # A request waits no longer than this for the broker.
            timeout_graceful_shutdown=math.ceil(settings.publish_timeout.total_seconds()) + 1,
        )
    )
