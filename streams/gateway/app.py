"""The gateway's HTTP: Segment's routes, health, metrics. What an event means is decided below, in `intake`."""

import asyncio
import logging
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from processors.decoding import UnreadableError
from schemas.rejected import Rejected
from schemas.settings import Settings
from streams.clock import Clock
from streams.gateway.body import read_body
from streams.gateway.health import BrokerHealth
from streams.gateway.intake import TYPES, Accepted, Refused, take_batch, take_event
from streams.gateway.keys import WriteKeys, key_of_body, key_of_header
from streams.gateway.metrics import GatewayMetrics, Measured
from streams.gateway.publisher import NotAcknowledgedError, Publisher, Record
from streams.gateway.refusal import Refusal
from streams.gateway.slices import members
from streams.topics import REJECTED, TOUCHPOINTS

logger = logging.getLogger(__name__)

Result = TypeVar("Result")
Taken = tuple[Sequence[Accepted], Sequence[Refused]]
Take = Callable[[bytes, Mapping[str, bytes], float], Taken]


_AT_ONCE = 64 * 1024


def create_app(settings: Settings, keys: WriteKeys, publisher: Publisher) -> FastAPI:
    """The gateway as an ASGI app. The publisher is closed by whoever made it."""
    return _Gateway(settings, keys, publisher).app


class _Gateway:
    def __init__(self, settings: Settings, keys: WriteKeys, publisher: Publisher) -> None:
        self._keys, self._publisher, self._clock = keys, publisher, Clock(settings)
        self._touchpoints, self._rejected = settings.topic(TOUCHPOINTS), settings.topic(REJECTED)
        self._metrics, self._health = GatewayMetrics(), BrokerHealth(settings.broker_url)

        # The pages that explain an API load scripts from elsewhere; the schema itself stays.
        self.app = FastAPI(title="Ebbflow gateway", docs_url=None, redoc_url=None)
        for type_ in TYPES:
            self._add(type_, partial(_take_event, type_))
        self._add("batch", _take_batch)
        self.app.add_api_route("/healthz", self._healthz)
        self.app.add_api_route("/metrics", self._metrics_page)
        self.app.add_exception_handler(Refusal, _refuse)
        self.app.add_exception_handler(HTTPException, _refuse_by_http)
        self.app.add_exception_handler(Exception, _fail)
        self.app.add_middleware(Measured, metrics=self._metrics)

    def _add(self, name: str, take: Take) -> None:
        async def route(request: Request) -> Response:
            return await self._take_in(request, name, take)

        self.app.add_api_route(f"/v1/{name}", route, methods=["POST"], name=name, summary=f"Take in: {name}")

    async def _take_in(self, request: Request, name: str, take: Take) -> Response:
        key = key_of_header(request.headers.get("authorization", ""))
        if key is not None:
            self._keys.check(key)
        body = await read_body(request)
        # To the millisecond, as dates and records carry it.
        received = round(self._clock.now(), 3)
        try:
            parts = await _apart(members, body)
        except UnreadableError as error:
            self._keys.check(key or request.query_params.get("writeKey"))
            raise Refusal.of(error) from None
        if key is None:
            self._keys.check(key_of_body(parts) or request.query_params.get("writeKey"))
        try:
            accepted, refused = await _apart(take, body, parts, received)
        except UnreadableError as error:
            if name in TYPES:
                self._metrics.touchpoints.labels(name, "rejected").inc()
            raise Refusal.of(error) from None
        await self._publish(accepted, refused, received)
        answer: dict[str, object] = {"success": True}
        if refused:
            answer["rejected"] = [
                {"index": event.index, **event.rejection.model_dump(mode="json")} for event in refused
            ]
        return JSONResponse(answer)

    async def _publish(self, accepted: Sequence[Accepted], refused: Sequence[Refused], received: float) -> None:
        timestamp = round(received * 1000)
        good = [Record(self._touchpoints, event.customer.encode(), event.value, timestamp) for event in accepted]
        bad = [Record(self._rejected, None, _rejected(event, received), timestamp) for event in refused]
        try:
            await self._publisher.publish([*good, *bad])
        except NotAcknowledgedError as error:
            raise Refusal(503, "broker_unavailable", str(error), "nothing is confirmed: send it again") from error
        for event in accepted:
            self._metrics.touchpoints.labels(event.type, "accepted").inc()
        for failed in refused:
            self._metrics.touchpoints.labels(failed.type, "rejected").inc()
            logger.info("rejected one of a batch: type=%s code=%s", failed.type, failed.rejection.code)

    async def _healthz(self) -> Response:
        """200 while a broker answers, else 503."""
        if await self._health.reachable():
            return JSONResponse({"status": "ok", "broker": "reachable"})
        return JSONResponse({"status": "unavailable", "broker": "unreachable"}, 503)

    async def _metrics_page(self) -> Response:
        """Prometheus metrics."""
        return Response(self._metrics.page(), media_type="text/plain; version=0.0.4; charset=utf-8")


def _take_event(type_: str, body: bytes, _: Mapping[str, bytes], received: float) -> Taken:
    return [take_event(body, type_, received)], []


def _take_batch(_: bytes, parts: Mapping[str, bytes], received: float) -> Taken:
    return take_batch(parts, received)


async def _apart(work: Callable[..., Result], body: bytes, *rest: object) -> Result:
    """Run what reads a body; for a large one in a thread, so that other requests go on meanwhile."""
    return work(body, *rest) if len(body) <= _AT_ONCE else await asyncio.to_thread(work, body, *rest)


def _rejected(event: Refused, received: float) -> bytes:
    record = Rejected(
        rejection=event.rejection,
        source="gateway",
        at=datetime.fromtimestamp(received, UTC),
        original=b64encode(event.original),
    )
    return record.model_dump_json().encode()


async def _refuse(request: Request, refusal: Any) -> Response:
    # Only what the sender cannot choose: no message, which may name a customer, and no query, which may hold a key.
    logger.info("refused: path=%s status=%d code=%s", request.url.path, refusal.status, refusal.code)
    return refusal.response


async def _refuse_by_http(_: Request, error: Any) -> Response:
    code = {404: "not_found", 405: "method_not_allowed"}.get(error.status_code, "http_error")
    return Refusal(error.status_code, code, str(error.detail), "POST to /v1/track, /v1/batch and the like").response


async def _fail(_: Request, error: Exception) -> Response:
    return Refusal(500, "internal_error", "the gateway failed; its log says how").response
