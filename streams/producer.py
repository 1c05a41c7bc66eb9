"""Publishing from outside a worker, which has Faust's way (`streams.worker.publisher`): nothing counts as published
before the broker has acknowledged it."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from schemas.settings import Settings
from streams.tracing import Headers

logger = logging.getLogger(__name__)

MAX_WAITING = 64 * 1024 * 1024
"""Bytes that may wait for the broker at once; the client itself has no such limit."""

_LINGER_MS = 2
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
    headers: Headers = ()


class Producer:
    """A Kafka producer, from `async with` on. Records of one call, and calls in turn, keep their order in each
    partition: the client has one request to a broker under way at a time.

    Raises:
        KafkaError: on entering, if no broker answers.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings, self._timeout = settings, settings.publish_timeout.total_seconds()
        self._waiting = 0
        self._failing = False

    async def __aenter__(self) -> "Producer":
        # Not idempotent: such a client tries for ever to send what was answered with 503 long ago. A repeat has the
        # same message id, by which the fold knows it.
        self._producer = AIOKafkaProducer(
            bootstrap_servers=self._settings.broker_url,
            client_id="ebbflow",
            acks="all",
            linger_ms=_LINGER_MS,
            max_batch_size=_BATCH_SIZE,
            request_timeout_ms=round(self._timeout * 1000),
        )
        await self._producer.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Send what is still waiting, and end; by then every record is acknowledged or has timed out."""
        try:
            await self._producer.stop()
        except KafkaError as trouble:
            logger.warning("not everything was acknowledged at the end (%s)", type(trouble).__name__)

    async def publish(self, records: Sequence[Record]) -> None:
        """Return when the broker has acknowledged every record.

        Raises:
            NotAcknowledgedError: if it has not within `publish_timeout`, or too much is waiting already.
        """
        size = sum(len(record.value) for record in records)
        if self._waiting + size > MAX_WAITING:
            raise NotAcknowledgedError("too much is waiting for the broker")
        self._waiting += size
        try:
            async with asyncio.timeout(self._timeout):
                await asyncio.gather(*[await self._send(record) for record in records])
        except (TimeoutError, KafkaError) as error:
            self._note(type(error).__name__)
            raise NotAcknowledgedError("the broker did not acknowledge in time") from error
        else:
            self._note("")
        finally:
            self._waiting -= size

    async def _send(self, record: Record) -> "asyncio.Future[object]":
        return await self._producer.send(
            record.topic, record.value, record.key, timestamp_ms=record.timestamp, headers=record.headers
        )

    def _note(self, trouble: str) -> None:
        """Say once that the broker is in trouble, and once that it is well again."""
        if trouble and not self._failing:
            logger.error("the broker does not acknowledge (%s): nothing counts as published until it does", trouble)
        elif self._failing and not trouble:
            logger.info("the broker acknowledges again")
        self._failing = bool(trouble)
