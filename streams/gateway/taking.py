"""Taking a request in: whose it is, what it says, and the broker's word for it before it is answered."""

import asyncio
import logging
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

from fastapi import Request, Response
from fastapi.responses import JSONResponse

from processors.decoding import UnreadableError
from schemas.rejected import Rejected, RejectionCode
from schemas.settings import Settings
from streams.clock import Clock
from streams.gateway.body import Bodies
from streams.gateway.dialect import Asked, Page, Refused, Route
from streams.gateway.intake import Intake, Taken
from streams.gateway.keys import WriteKeys, key_of_header
from streams.gateway.metrics import GatewayMetrics
from streams.gateway.quality import QualityCounts
from streams.gateway.rates import Rates
from streams.gateway.refusal import Refusal
from streams.producer import NotAcknowledgedError, Producer, Record
from streams.topics import MAX_KEPT, REJECTED, TOUCHPOINTS, TRACE_HEADER
from streams.tracing import Tracing, carrying

logger = logging.getLogger(__name__)

Result = TypeVar("Result")

_AT_ONCE = 64 * 1024
"""Bytes of a body that is read while other requests wait."""


class Taking:
    """Answers the requests of every dialect."""

    def __init__(
        self,
        settings: Settings,
        keys: WriteKeys,
        producer: Producer,
        metrics: GatewayMetrics,
        intake: Intake,
        quality: QualityCounts,
        tracing: Tracing,
    ) -> None:
        self._keys, self._producer, self._metrics, self._tracing = keys, producer, metrics, tracing
        self._clock, self._intake, self._quality = Clock(settings), intake, quality
        self._bodies, self._rates = Bodies(settings.client_timeout), Rates(settings.rate_limit)
        self._touchpoints, self._rejected = settings.topic(TOUCHPOINTS), settings.topic(REJECTED)

    async def take(self, route: Route, request: Request) -> Response:
        """Take a request in; raises `Refusal` if nothing of it was."""
        if not self._tracing.on:
            return await self._answer(route, request)
        caller, status = request.headers.get(TRACE_HEADER, ""), 500
        with self._tracing.request(route.method, route.path, caller) as answered:
            try:
                answer = await self._answer(route, request)
                status = answer.status_code
                return answer
            except Refusal as refusal:
                status = refusal.status
                raise
            finally:
                answered(status)

    async def _answer(self, route: Route, request: Request) -> Response:
        request.state.refuse = route.refuse
        if route.authenticate is not None:
            async with self._bodies.of(request) as body:
                asked = self._asked(request, body)
                return await self._take(route, asked, None, route.authenticate(asked))
        key = key_of_header(request.headers.get("authorization", ""))
        if key is not None:
            self._keys.check(key)
        async with self._bodies.of(request) as body:
            return await self._take(route, self._asked(request, body), key)

    async def _take(self, route: Route, asked: Asked, key: str | None, source: str | None = None) -> Response:
        try:
            reading = await _apart(asked, route.read, asked)
        except UnreadableError as error:
            if source is None:
                self._keys.check(key or asked.query.get("writeKey"))
            raise Refusal.of(error) from None
        if source is None:
            key = key or reading.key or asked.query.get("writeKey")
            source = self._keys.check(key)
        try:
            taken = await _apart(asked, self._intake.take, reading.events, asked.received)
        except UnreadableError as error:
            raise Refusal.of(error) from None
        self._spend(key or source, taken)
        if route.alone and taken.refused:
            if taken.refused[0].rejection.code is RejectionCode.OFF_PLAN:
                # The event is as its sender means it: what to do about it is for those who made the plan.
                await self._publish(key or source, taken, asked.received)
            self._count(source, taken, asked.received)
            raise Refusal.of(UnreadableError.because(taken.refused[0].rejection))
        await self._publish(key or source, taken, asked.received)
        self._count(source, taken, asked.received)
        return route.answer(taken.refused)

    async def show(self, page: Page, request: Request) -> Response:
        """Answer what a client asks before it sends anything; raises `Refusal` without a write key."""
        asked = self._asked(request, b"")
        key = key_of_header(asked.headers.get("authorization", "")) or page.key(asked)
        self._keys.check(key)
        return JSONResponse(page.answer(asked, key or ""), headers={"Cache-Control": "no-store"})

    def _asked(self, request: Request, body: bytes) -> Asked:
        # To the millisecond, as dates and records carry it.
        received = round(self._clock.now(), 3)
        return Asked(request.path_params, request.query_params, request.headers, body, received, str(request.url))

    def _spend(self, key: str, taken: Taken) -> None:
        try:
            self._rates.spend(key, taken.size)
        except Refusal:
            types = [event.type for event in taken.accepted] + [event.type for event in taken.refused]
            for type_ in types:
                self._metrics.touchpoints.labels(type_, "limited").inc()
            raise

    async def _publish(self, key: str, taken: Taken, received: float) -> None:
        timestamp, headers = round(received * 1000), carrying(self._tracing.at_hand())
        good = [
            Record(self._touchpoints, event.customer.encode(), event.value, timestamp, headers)
            for event in taken.accepted
        ]
        bad = [Record(self._rejected, None, _rejected(event, received), timestamp) for event in taken.refused]
        try:
            await self._producer.publish([*good, *bad])
        except NotAcknowledgedError as error:
            self._rates.give_back(key, taken.size)
            raise Refusal(503, "broker_unavailable", str(error), "nothing is confirmed: send it again") from error

    def _count(self, source: str, taken: Taken, received: float) -> None:
        self._quality.add(source, taken.observed, received)
        for type_ in taken.withheld:
            self._metrics.touchpoints.labels(type_, "withheld").inc()
        for event in taken.accepted:
            self._metrics.touchpoints.labels(event.type, "accepted").inc()
        for failed in taken.refused:
            self._metrics.touchpoints.labels(failed.type, "rejected").inc()
            logger.info("rejected: type=%s code=%s", failed.type, failed.rejection.code)


async def _apart(asked: Asked, work: Callable[..., Result], *given: Any) -> Result:
    """Run what reads a request; for a large one in a thread, so that other requests go on meanwhile."""
    return work(*given) if len(asked.body) <= _AT_ONCE else await asyncio.to_thread(work, *given)


def _rejected(event: Refused, received: float) -> bytes:
    record = Rejected(
        rejection=event.rejection,
        source="gateway",
        at=datetime.fromtimestamp(received, UTC),
        original=b64encode(event.original[:MAX_KEPT]),
    )
    return record.model_dump_json().encode()
