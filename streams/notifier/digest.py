"""The sender of an endpoint that wants one message every so often, with all that came."""

import asyncio
import random
import time
from collections.abc import Sequence

from processors.backoff import FEW_TRIES, Verdict, wait_before
from schemas.settings import Settings
from streams.notifier.metrics import NotifierMetrics
from streams.notifier.queue import Claim, EndpointQueue
from streams.notifier.sender import LOOK_EVERY, Sender
from streams.notifier.tried import Carrier
from streams.tracing import Tracing

_MOST = 200
"""Alerts of one message; the others follow in the next, at once."""


class Digest(Sender):
    """Delivers to one endpoint, all at once."""

    def __init__(
        self,
        name: str,
        settings: Settings,
        queue: EndpointQueue,
        carrier: Carrier,
        metrics: NotifierMetrics,
        tracing: Tracing,
    ) -> None:
        super().__init__(name, settings, queue, carrier, metrics, tracing)
        self._every = settings.endpoints[name].digest.total_seconds()
        self._in_vain = self._refused = 0

    async def _look(self) -> float:
        now = time.time()
        await self._bury_the_old(now)
        if not self._under_way:
            found = await self._queue.gather(_MOST, now, now + self._lease, self._every)
            self._metrics.stands(self._name, found.waiting, found.dead)
            if found.claims:
                self._begin(self._deliver_all(found.claims))
        return LOOK_EVERY

    async def _deliver_all(self, claims: Sequence[Claim]) -> None:
        try:
            tried = await self._carry(claims)
        except asyncio.CancelledError:
            await self._settle(self._queue.next_message(time.time()))
            raise
        now = time.time()
        if tried.verdict is Verdict.DELIVERED:
            self._in_vain = self._refused = 0
            for claim in claims:
                self._metrics.delivered(self._name, now - claim.published)
            due = now if len(claims) == _MOST else now + self._every
            await self._settle(self._queue.delivered_all(claims, now, due))
            return
        self._in_vain += 1
        self._refused += tried.verdict is Verdict.REFUSED
        self._last_error = tried.error
        if self._refused >= FEW_TRIES:
            self._in_vain = self._refused = 0
            await self._settle(self._bury_all(claims, tried.error, now))
            return
        self._metrics.failed(self._name)
        wait = max(tried.wait, wait_before(self._in_vain, random.random()))  # noqa: S311 (spreads tries)
        await self._settle(self._queue.next_message(now + wait))

    async def _bury_all(self, claims: Sequence[Claim], error: str, now: float) -> None:
        dropped = await self._queue.bury_all(claims, now, now + self._every, error)
        self._buried(len(claims), dropped)
