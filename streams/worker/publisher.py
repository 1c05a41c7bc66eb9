"""Publishing from a worker: alerts, outcomes and rejected records, acknowledged by the broker before going on."""

import asyncio
from collections.abc import Iterable, Sequence

from faust.types import AppT

from schemas.alert import Alert
from schemas.outcome import Outcome
from schemas.rejected import Rejected
from schemas.settings import Settings
from streams.topics import ALERTS, OUTCOMES, REJECTED
from streams.worker import metrics

Message = tuple[str, bytes, bytes]


class Publisher:
    """Sends with the Faust app's producer; returns when every record is acknowledged."""

    def __init__(self, app: AppT, settings: Settings) -> None:
        self._app = app
        self._alerts = settings.topic(ALERTS)
        self._outcomes = settings.topic(OUTCOMES)
        self._rejected = settings.topic(REJECTED)

    async def judgements(self, alerts: Sequence[Alert], outcomes: Sequence[Outcome]) -> None:
        """Publish what came of a step, keyed by customer."""
        await self._send(
            [
                *((self._alerts, a.customer.encode(), a.model_dump_json(exclude_none=True).encode()) for a in alerts),
                *((self._outcomes, o.customer.encode(), o.model_dump_json().encode()) for o in outcomes),
            ]
        )
        for alert in alerts:
            metrics.ALERTS.labels(alert.kind, alert.state).inc()
        for outcome in outcomes:
            metrics.OUTCOMES.labels(str(outcome.churned).lower()).inc()

    async def rejected(self, records: Iterable[Rejected]) -> None:
        """Publish records that could not be read, keyed as they came."""
        records = list(records)
        await self._send([(self._rejected, r.key, r.model_dump_json().encode()) for r in records])
        for record in records:
            metrics.REJECTED.labels(record.rejection.code).inc()

    async def _send(self, messages: Sequence[Message]) -> None:
        if messages:
            producer = self._app.producer
            sent = [await producer.send(topic, key, value, None, None, None) for topic, key, value in messages]
            await asyncio.gather(*sent)
