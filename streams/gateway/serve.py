"""Running the gateway: wait for the broker, declare the topics, listen, and end in order."""

import math

import uvicorn

from schemas.settings import Settings
from streams.availability import wait_for_broker
from streams.gateway.app import create_app
from streams.gateway.keys import WriteKeys
from streams.gateway.publisher import Publisher
from streams.topics import declare


def serve(settings: Settings) -> None:
    """Run until a signal ends it: requests that have begun are answered, and what was sent is flushed.

    Raises:
        SettingsError: if there is no write key.
        UnavailableError: if the broker stays away for longer than the settings allow.
        KeyboardInterrupt: when SIGINT ended it.
    """
    keys = WriteKeys(settings)
    wait_for_broker(settings)
    declare(settings)
    publisher = Publisher(settings)
    try:
        server(settings, keys, publisher).run()
    finally:
        publisher.close()


def server(settings: Settings, keys: WriteKeys, publisher: Publisher) -> uvicorn.Server:
    """The HTTP server of a gateway, which can be run in any thread and stopped by its `should_exit`."""
    return uvicorn.Server(
        uvicorn.Config(
            create_app(settings, keys, publisher),
            host=settings.gateway_host,
            port=settings.gateway_port,
            lifespan="off",
            log_config=None,
            # It would log write keys in queries.
            access_log=False,
            server_header=False,
            # A request waits no longer than this for the broker.
            timeout_graceful_shutdown=math.ceil(settings.publish_timeout.total_seconds()) + 1,
        )
    )
