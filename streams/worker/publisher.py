"""Publishing from a worker: alerts, outcomes and rejected records, acknowledged by the broker before going on."""

import asyncio
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Protocol

from faust.types import AppT

from schemas.alert import Alert
from schemas.rejected import Rejected
from schemas.settings import Settings
from streams.store.alerts import AlertStore
from streams.store.partitions import Message
from streams.topics import ALERTS, REJECTED
from streams.tracing import Headers, Tracing, carrying
from streams.worker import metrics

_Record = tuple[str, bytes, bytes, float | None, Headers]


class Publishing(Protocol):
    """Where what came of a step goes; `silent` if nothing of it goes anywhere, and so need not be written down."""

    silent: bool

    async def say(self, messages: Sequence[Message]) -> None:
        """Messages of steps, as they were saved."""

    async def rejected(self, records: Sequence[Rejected]) -> None:
        """Records that could not be read, keyed as they came."""


class Publisher:
    """Sends with the Faust app's producer; returns when every record is acknowledged."""

    silent = False

    def __init__(self, app: AppT, settings: Settings, alerts: AlertStore, tracing: Tracing) -> None:
        self._app, self._settings, self._alerts, self._tracing = app, settings, alerts, tracing

    async def say(self, messages: Sequence[Message]) -> None:
        """Publish messages, in order. Alerts can be looked up from then on."""
        alerts = {each.value: Alert.model_validate_json(each.value) for each in messages if each.topic == ALERTS}
        if alerts:
            await self._alerts.keep(list(alerts.values()))
        topic, records = self._settings.topic, list[_Record]()
        with ExitStack() as spans:
            for each in messages:
                trace = each.trace
                if each.topic == ALERTS:
                    trace = spans.enter_context(self._tracing.alert(alerts[each.value], each.trace))
                key, value = each.key.encode(), each.value.encode()
                records.append((topic(each.topic), key, value, each.at or None, carrying(trace)))
            await self._send(records)

    async def rejected(self, records: Sequence[Rejected]) -> None:
        """Publish records that could not be read, keyed as they came."""
        topic = self._settings.topic(REJECTED)
        await self._send([(topic, record.key, record.model_dump_json().encode(), None, ()) for record in records])
        for record in records:
            metrics.REJECTED.labels(record.rejection.code).inc()

    async def _send(self, records: Sequence[_Record]) -> None:
        if records:
            send = self._app.producer.send
            sent = [await send(topic, key, value, None, at, headers) for topic, key, value, at, headers in records]
            await asyncio.gather(*sent)
