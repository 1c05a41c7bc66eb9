"""Publishing from a worker: alerts, outcomes and rejected records, acknowledged by the broker before going on."""

import asyncio
from collections.abc import Sequence
from typing import Protocol

from faust.types import AppT

from schemas.alert import Alert
from schemas.rejected import Rejected
from schemas.settings import Settings
from streams.store.alerts import AlertStore
from streams.store.partitions import Message
from streams.topics import ALERTS, REJECTED
from streams.worker import metrics


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

    def __init__(self, app: AppT, settings: Settings, alerts: AlertStore) -> None:
        self._app, self._settings, self._alerts = app, settings, alerts

    async def say(self, messages: Sequence[Message]) -> None:
        """Publish messages, in order. Alerts can be looked up from then on."""
        if alerts := [Alert.model_validate_json(value) for name, _, value, _ in messages if name == ALERTS]:
            await self._alerts.keep(alerts)
        topic = self._settings.topic
        await self._send([(topic(name), key.encode(), value.encode(), at or None) for name, key, value, at in messages])

    async def rejected(self, records: Sequence[Rejected]) -> None:
        """Publish records that could not be read, keyed as they came."""
        topic = self._settings.topic(REJECTED)
        await self._send([(topic, record.key, record.model_dump_json().encode(), None) for record in records])
        for record in records:
            metrics.REJECTED.labels(record.rejection.code).inc()

    async def _send(self, messages: Sequence[tuple[str, bytes, bytes, float | None]]) -> None:
        if messages:
            producer = self._app.producer
            sent = [await producer.send(topic, key, value, None, at, None) for topic, key, value, at in messages]
            await asyncio.gather(*sent)
