"""Alerts as they come, as server-sent events.

The id of an event is where each partition goes on after it: a client that was cut off says it again (`Last-Event-ID`,
as browsers do by themselves), misses nothing and is told nothing twice.
"""

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Any, Literal

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import ValidationError

from processors.subscriptions import is_of
from schemas.alert import Alert, AlertKind, Severity
from schemas.settings import Settings
from streams.gateway.connection import ENDLESS
from streams.gateway.refusal import Refusal
from streams.gateway.tokens import reader
from streams.topics import ALERTS

logger = logging.getLogger(__name__)

MAX_STREAMS = 50
"""Streams of one gateway at once: each reads the topic by itself."""
_BEGINS_WITHIN = 20.0
_LOOK_EVERY_MS = 500
_QUIET_LOOKS = 20
"""Looks without news of what was asked for, after which the client is told where it stands: nothing between should
think that it has gone."""
_PLACE = re.compile(r"\d{1,5}:\d{1,18}(,\d{1,5}:\d{1,18})*")

Place = dict[int, int]


class AlertStream:
    """The route of the stream."""

    def __init__(self, settings: Settings) -> None:
        self._broker, self._topic = settings.broker_url, settings.topic(ALERTS)
        self._open = 0

    @property
    def router(self) -> APIRouter:
        """The route."""
        router = APIRouter()
        router.add_api_route(
            "/v1/alerts/stream",
            self.stream,
            dependencies=[Depends(reader)],
            response_class=StreamingResponse,
            responses={200: {"description": "Alerts, each as JSON.", "content": {"text/event-stream": {}}}},
            summary="Alerts as they come, as server-sent events",
        )
        return router

    async def stream(
        self,
        request: Request,
        kind: Annotated[list[AlertKind] | None, Query(description="Only these kinds.")] = None,
        severity: Annotated[list[Severity] | None, Query(description="Only these severities.")] = None,
        segment: Annotated[list[str] | None, Query(description="Only of customers in one of these.")] = None,
        state: Annotated[list[Literal["opened", "closed"]] | None, Query(description="Only these turns.")] = None,
        last_event_id: Annotated[
            str | None, Header(description="The id of the last event received: it goes on after that.")
        ] = None,
    ) -> StreamingResponse:
        """Without `Last-Event-ID` it begins with what comes from now on."""
        place = _read(last_event_id) if last_event_id else None
        if self._open >= MAX_STREAMS:
            raise Refusal(503, "busy", "too many streams of alerts are open", "try again soon")
        self._open += 1
        consumer = AIOKafkaConsumer(
            self._topic, bootstrap_servers=self._broker, enable_auto_commit=False, auto_offset_reset="earliest"
        )
        try:
            async with asyncio.timeout(_BEGINS_WITHIN):
                await consumer.start()
                partitions = await _begin(consumer, place)
        except (KafkaError, TimeoutError) as error:
            await self._end(consumer)
            raise Refusal(503, "broker_unavailable", "the broker does not answer", "try again soon") from error
        except BaseException:
            await self._end(consumer)
            raise

        def wanted(alert: Alert) -> bool:
            return (
                (not kind or alert.kind in kind)
                and (not severity or alert.severity in severity)
                and (not segment or is_of(alert, segment))
                and (not state or alert.state in state)
            )

        async def told() -> AsyncIterator[str]:
            try:
                at, quiet = {each.partition: await consumer.position(each) for each in partitions}, 0
                yield f"id: {_write(at)}\n\n"
                while not await request.is_disconnected():
                    fetched = await consumer.getmany(timeout_ms=_LOOK_EVERY_MS)
                    quiet += 1
                    for partition, records in fetched.items():
                        for record in records:
                            at[partition.partition] = record.offset + 1
                            alert = _alert_of(record)
                            if alert is not None and wanted(alert):
                                quiet, said = 0, alert.model_dump_json(exclude_none=True)
                                yield f"id: {_write(at)}\nevent: {alert.kind}\ndata: {said}\n\n"
                    if quiet >= _QUIET_LOOKS:
                        quiet = 0
                        yield f"id: {_write(at)}\n\n"
            finally:
                await self._end(consumer)

        request.scope[ENDLESS] = True
        return StreamingResponse(told(), media_type="text/event-stream", headers={"Cache-Control": "no-store"})

    async def _end(self, consumer: AIOKafkaConsumer) -> None:
        self._open -= 1
        await consumer.stop()


async def _begin(consumer: AIOKafkaConsumer, place: Place | None) -> Sequence[TopicPartition]:
    """Have a consumer of all partitions at its place: where the client says, or at the end of the log."""
    partitions = sorted(consumer.assignment())
    if place is not None:
        for each in partitions:
            # One that was added since is new as a whole.
            consumer.seek(each, place.get(each.partition, 0))
        return partitions
    await consumer.seek_to_end(*partitions)
    # Asked for the end of a log, not every broker tells the truth; what comes with a fetch is right.
    while any(consumer.highwater(each) is None for each in partitions):
        await consumer.getmany(timeout_ms=_LOOK_EVERY_MS)
    for each in partitions:
        consumer.seek(each, consumer.highwater(each))
    return partitions


def _alert_of(record: Any) -> Alert | None:
    """What a record says; none if this release cannot read it."""
    try:
        return Alert.model_validate_json(record.value or b"")
    except ValidationError:
        logger.warning("partition %d, offset %d holds no alert: passed over", record.partition, record.offset)
        return None


def _read(said: str) -> Place:
    if not _PLACE.fullmatch(said):
        raise Refusal(400, "invalid", "this Last-Event-ID is not one of ours", "leave it out to begin from now on")
    return {int(number): int(offset) for number, _, offset in (part.partition(":") for part in said.split(","))}


def _write(place: Place) -> str:
    return ",".join(f"{number}:{offset}" for number, offset in place.items())
