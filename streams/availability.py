"""Waiting for the broker and Redis: say what is missing and what to start, try again, give up only when told to."""

import logging
import socket
from collections.abc import Callable
from urllib.parse import urlsplit

from kafka.admin import KafkaAdminClient
from kafka.errors import KafkaError
from redis import ConnectionPool, Redis
from redis.exceptions import RedisError, ResponseError
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    stop_after_delay,
    stop_never,
    wait_exponential,
)

from schemas.settings import Settings, SettingsError

logger = logging.getLogger(__name__)

_PATIENCE = 5.0
"""Seconds that one attempt may take, and that lie at most between two."""


class UnavailableError(RuntimeError):
    """A service stayed away for longer than `give_up_after`; the message names it and what to start."""


def wait_for_broker(settings: Settings) -> None:
    """Return when a Kafka broker answers.

    Raises:
        UnavailableError: if none does within `give_up_after`; never when that is nothing.
    """
    _wait(
        lambda: reach_broker(settings.broker_url, _PATIENCE),
        f"No Kafka broker answers at {settings.broker_url}: start one (docker compose up kafka, or `ebbflow embedded`)"
        " or set EBBFLOW_BROKER_URL",
        settings,
    )


def wait_for_redis(settings: Settings) -> None:
    """Return when Redis answers.

    Raises:
        UnavailableError: if it does not within `give_up_after`; never when that is nothing.
        SettingsError: if the URL is none that a Redis client understands, or that of a node of a Redis Cluster.
    """
    _wait(
        lambda: _reach_redis(settings.redis_url),
        f"No Redis answers at {address_of_redis(settings.redis_url)}: start one (docker compose up redis, or"
        " `ebbflow embedded`) or set EBBFLOW_REDIS_URL",
        settings,
    )


def reach_broker(broker_url: str, within: float) -> None:
    """Ask the brokers once whether one of them speaks Kafka, within so many seconds.

    Raises:
        OSError: if none takes a connection.
        kafka.errors.KafkaError: if none answers as a broker does.
        SettingsError: if an address is not `host:port`.
    """
    # Kafka's client logs an error for each attempt, so it is asked only when something listens.
    _connect_to_one_of([_address(server) for server in broker_url.split(",")], within)
    KafkaAdminClient(bootstrap_servers=broker_url, bootstrap_timeout_ms=round(within * 1000)).close()


def address_of_redis(url: str) -> str:
    """A Redis URL fit to be shown: without user name, password and query.

    Raises:
        SettingsError: if a Redis client would not understand it.

    >>> address_of_redis("redis://:secret@cache:6379/1")
    'redis://cache:6379/1'
    """
    try:
        said = ConnectionPool.from_url(url).connection_kwargs
    except ValueError:
        raise SettingsError(
            "EBBFLOW_REDIS_URL is not a URL like redis://host:port/database (rediss:// for TLS, unix:// for a socket);"
            " special characters of a password are written as %40"
        ) from None
    scheme = url.partition("://")[0]
    where = said.get("path") or f"{said.get('host', 'localhost')}:{said.get('port', 6379)}/{said.get('db', 0)}"
    return f"{scheme}://{where}"


def _wait(reach: Callable[[], None], absence: str, settings: Settings) -> None:
    seconds = settings.give_up_after.total_seconds()

    def complain(state: RetryCallState) -> None:
        wait = state.next_action.sleep if state.next_action else 0.0
        logger.warning("%s (%s); trying again in %.1f s", absence, _reason(state), wait)

    def give_up(state: RetryCallState) -> None:
        raise UnavailableError(f"{absence} ({_reason(state)}); gave up after {seconds:g} s")

    Retrying(
        retry=retry_if_exception_type((OSError, KafkaError, RedisError)),
        wait=wait_exponential(multiplier=0.25, max=_PATIENCE),
        stop=stop_after_delay(seconds) if seconds else stop_never,
        before_sleep=complain,
        retry_error_callback=give_up,
    )(reach)


def _reason(state: RetryCallState) -> str:
    error = state.outcome.exception() if state.outcome else None
    return " ".join(str(error).split()) or type(error).__name__


def _connect_to_one_of(addresses: list[tuple[str, int]], within: float) -> None:
    refused: OSError | None = None
    for address in addresses:
        try:
            socket.create_connection(address, within / len(addresses)).close()
        except OSError as error:
            refused = error
        else:
            return
    if refused is not None:
        raise refused


def _address(server: str) -> tuple[str, int]:
    parts = urlsplit(f"//{server.strip()}")
    try:
        host, port = parts.hostname, parts.port or 9092
    except ValueError:
        host = None
    if not host:
        raise SettingsError(f"EBBFLOW_BROKER_URL: {server.strip()!r} is not host:port")
    return host, port


def _reach_redis(url: str) -> None:
    with Redis.from_url(url, socket_connect_timeout=_PATIENCE, socket_timeout=_PATIENCE) as redis:
        redis.ping()
        try:
            is_node = redis.info("cluster").get("cluster_enabled")
        except ResponseError:
            return  # A user who may not ask; whoever set this up has to know.
    if is_node:
        raise SettingsError(
            f"{address_of_redis(url)} is a node of a Redis Cluster: its keys lie on several nodes, but a step is saved"
            " whole or not at all. Set EBBFLOW_REDIS_URL to a Redis that is none, with replicas if you like"
        )
