"""Publishing from the gateway: nothing counts as published before the broker has acknowledged it."""

import asyncio
import logging
import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from kafka import KafkaProducer
from kafka.errors import KafkaError

from schemas.settings import Settings

logger = logging.getLogger(__name__)

MAX_WAITING = 64 * 1024 * 1024
"""Bytes that may wait for the broker at once; kafka-python itself has no such limit."""

_LINGER = 0.005
_BATCH_SIZE = 256 * 1024


class NotAcknowledgedError(RuntimeError):
    """The broker did not acknowledge in time: the records may or may not arrive, and should be sent again."""


@dataclass(frozen=True)
class Record:
    """One record to be published; the timestamp is epoch milliseconds."""

    topic: str
    key: bytes | None
    value: bytes
    timestamp: int


class Publisher:
    """A Kafka producer that is awaited. Records of one call, and calls in turn, keep their order in each partition.

    Raises:
        KafkaError: if no broker answers.
    """

    def __init__(self, settings: Settings) -> None:
        self._timeout = settings.publish_timeout.total_seconds()
        milliseconds = round(self._timeout * 1000)
        # Without idempotence, whose producer never sends again once a batch of it has timed out (kafka-python 3.0.12);
        # one request in flight keeps the order, and the message id tells a repeat.
        self._producer = KafkaProducer(
            bootstrap_servers=settings.broker_url,
            client_id="ebbflow-gateway",
            acks="all",
            enable_idempotence=False,
            max_in_flight_requests_per_connection=1,
            linger_ms=round(_LINGER * 1000),
            batch_size=_BATCH_SIZE,
            max_block_ms=milliseconds,
            delivery_timeout_ms=milliseconds,
            # Half of it, so that a connection that went dead unnoticed leaves time for another.
            request_timeout_ms=milliseconds // 2,
            reconnect_backoff_max_ms=1000,
            metrics_enabled=False,
        )
        # Sending costs 50 to 100 microseconds a record and may wait for metadata: not on the event loop.
        self._hand = ThreadPoolExecutor(1, "publisher")
        self._waiting = 0
        self._failing = False

    async def publish(self, records: Sequence[Record]) -> None:
        """Return when the broker has acknowledged every record.

        Raises:
            NotAcknowledgedError: if it has not within `publish_timeout`, or too much is waiting already.
        """
        size = sum(len(record.value) for record in records)
        if self._waiting + size > MAX_WAITING:
            raise NotAcknowledgedError("too much is waiting for the broker")
        self._waiting += size
        done: Future[None] = Future()
        try:
            self._hand.submit(self._send, records, done)
            async with asyncio.timeout(self._timeout):
                await asyncio.wrap_future(done)
        except (TimeoutError, KafkaError) as error:
            self._note(type(error).__name__)
            raise NotAcknowledgedError("the broker did not acknowledge in time") from error
        else:
            self._note("")
        finally:
            self._waiting -= size

    def close(self) -> None:
        """Send what is still waiting, and end; blocks until every record is acknowledged or has timed out."""
        self._hand.shutdown(cancel_futures=True)
        try:
            # By then every record is acknowledged or has timed out.
            self._producer.close(timeout=1.5 * self._timeout + 1.0)
        except KafkaError as error:
            logger.warning("not everything was acknowledged when the gateway ended (%s)", type(error).__name__)

    def _send(self, records: Sequence[Record], done: "Future[None]") -> None:
        if not done.set_running_or_notify_cancel():
            return  # Its request was answered already.
        tally = _Tally(len(records), done)
        for sent, record in enumerate(records):
            try:
                future = self._producer.send(record.topic, record.value, key=record.key, timestamp_ms=record.timestamp)
            except Exception as error:
                tally.fail(error, len(records) - sent)
                return
            future.add_callback(tally.succeed)
            future.add_errback(tally.fail)

    def _note(self, trouble: str) -> None:
        """Say once that the broker is in trouble, and once that it is well again."""
        if trouble and not self._failing:
            logger.error("the broker does not acknowledge (%s): answering 503 until it does", trouble)
        elif self._failing and not trouble:
            logger.info("the broker acknowledges again")
        self._failing = bool(trouble)


class _Tally:
    """Counts acknowledgements, from whichever thread they come, and tells the waiting request when all are there."""

    def __init__(self, expected: int, done: "Future[None]") -> None:
        self._left, self._done = expected, done
        self._error: Exception | None = None
        self._lock = threading.Lock()
        if not expected:
            done.set_result(None)

    def succeed(self, _: object) -> None:
        self._count(1, None)

    def fail(self, error: Exception, count: int = 1) -> None:
        self._count(count, error)

    def _count(self, count: int, error: Exception | None) -> None:
        with self._lock:
            self._left -= count
            self._error = self._error or error
            last = self._left == 0
        if last and self._error is not None:
            self._done.set_exception(self._error)
        elif last:
            self._done.set_result(None)
