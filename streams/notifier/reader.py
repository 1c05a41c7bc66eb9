"""Reading the topic `alerts`: what an endpoint wants is in its queue before the offset is committed."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError
from pydantic import ValidationError
from redis.exceptions import RedisError
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception_type,
    stop_after_delay,
    stop_never,
    wait_exponential,
)

from processors.alerts import opening_of
from processors.subscriptions import Wish, wish
from schemas.alert import Alert
from schemas.settings import Settings
from streams.notifier.metrics import NotifierMetrics
from streams.notifier.queue import Content, EndpointQueue, Put
from streams.notifier.sender import Sender
from streams.store.erased import ErasedStore
from streams.topics import ALERTS
from streams.tracing import Tracing

logger = logging.getLogger(__name__)
Result = TypeVar("Result")

GROUP = "ebbflow-notifier"

_AT_ONCE = 500
_WAIT_MS = 200
_LEAVES_WITHIN = 3.0


class Reader:
    """A consumer in a group of its own. More notifiers share the partitions, and the queues."""

    def __init__(
        self,
        settings: Settings,
        queues: Mapping[str, EndpointQueue],
        senders: Mapping[str, Sender],
        erased: ErasedStore,
        metrics: NotifierMetrics,
        tracing: Tracing,
    ) -> None:
        self._settings, self._queues, self._senders, self._metrics = settings, queues, senders, metrics
        self._erased, self._tracing = erased, tracing
        self._ending = False

    def stop(self) -> None:
        """Read nothing more."""
        self._ending = True

    async def run(self) -> None:
        """Read until told to stop.

        Raises:
            KafkaError, RedisError: if one of them stays away for longer than `give_up_after`.
        """
        session = self._settings.session_timeout.total_seconds()
        consumer = AIOKafkaConsumer(
            self._settings.topic(ALERTS),
            bootstrap_servers=self._settings.broker_url,
            client_id="ebbflow-notifier",
            group_id=self._settings.topic(GROUP),
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            session_timeout_ms=round(session * 1000),
            heartbeat_interval_ms=round(session * 200),
            request_timeout_ms=round(max(40.0, 2 * session) * 1000),
        )
        await self._patiently(consumer.start)
        logger.info("alerts are delivered to %s", ", ".join(sorted(self._queues)))
        try:
            while not self._ending:
                fetched = await self._patiently(lambda: consumer.getmany(timeout_ms=_WAIT_MS, max_records=_AT_ONCE))
                if fetched:
                    await self._put([record for batch in fetched.values() for record in batch])
                    await self._commit(consumer, {tp: batch[-1].offset + 1 for tp, batch in fetched.items()})
        finally:
            try:
                async with asyncio.timeout(_LEAVES_WITHIN):
                    await consumer.stop()
            except (TimeoutError, KafkaError) as error:
                logger.warning("the broker did not let go in time (%s)", type(error).__name__)

    async def _put(self, records: Sequence[Any]) -> None:
        """Put what is wanted into the queues."""
        now = time.time()
        alerts, unreadable, old = list[tuple[Alert, Content]](), 0, 0
        for record in records:
            try:
                alert = Alert.model_validate_json(record.value)
            except ValidationError:
                unreadable += 1
                logger.error("%s/%s/%s is no alert: passed over", record.topic, record.partition, record.offset)
                continue
            published = record.timestamp / 1000 if record.timestamp > 0 else now
            if now - published > self._settings.notify_for.total_seconds():
                old += 1
            else:
                trace = self._tracing.carried(record.headers)
                alerts.append((alert, Content(published, msgspec.Raw(record.value), trace)))
        gone = await self._patiently(lambda: self._erased.among([alert.customer for alert, _ in alerts]))
        alerts = [each for each in alerts if each[0].customer not in gone]
        await asyncio.gather(*[self._put_for(name, alerts, now) for name in self._queues])
        self._metrics.read(len(alerts), old, unreadable)
        if old:
            logger.info("%s alerts were published longer than `notify_for` ago: passed over", old)

    async def _put_for(self, name: str, alerts: Sequence[tuple[Alert, Content]], now: float) -> None:
        wanted, endpoint = list[Put](), self._settings.endpoints[name]
        for alert, content in alerts:
            said = wish(endpoint, alert)
            if said is not Wish.NO:
                after = opening_of(alert) if said is Wish.IF_OPENED else ""
                wanted.append(Put(alert, content, after))
        if wanted:
            # May be repeated: what was put is not put again.
            await self._patiently(lambda: self._queues[name].put(wanted, now))
            self._senders[name].wake()

    async def _commit(self, consumer: AIOKafkaConsumer, offsets: dict[TopicPartition, int]) -> None:
        async def commit() -> None:
            try:
                await consumer.commit(offsets)
            except (CommitFailedError, IllegalStateError):
                # Somebody else has a partition now, and finds that all of it was put.
                logger.info("offsets are not committed: the group has changed")

        await self._patiently(commit)

    async def _patiently(self, step: Callable[[], Awaitable[Result]]) -> Result:
        """Try a step until it works: all of them may be repeated."""
        seconds = self._settings.give_up_after.total_seconds()
        async for attempt in AsyncRetrying(
            retry=retry_if_exception_type((KafkaError, RedisError)),
            wait=wait_exponential(multiplier=0.2, max=5.0),
            stop=stop_after_delay(seconds) if seconds else stop_never,
            before_sleep=self._complain,
            reraise=True,
        ):
            with attempt:
                return await step()
        raise AssertionError("unreachable: retrying either returns or raises")

    def _complain(self, state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        whose, who = ("redis", "Redis") if isinstance(error, RedisError) else ("broker", "the broker")
        self._metrics.away(whose)
        logger.warning("%s failed (%s); trying again", who, type(error).__name__)
