"""The gateway's HTTP: the routes of every dialect, and health."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.telemetry import TelemetryConfig
from starlette.exceptions import HTTPException

from schemas.settings import Settings
from streams.gateway.admission import Admission
from streams.gateway.alert_stream import AlertStream
from streams.gateway.alerts import AlertDesk
from streams.gateway.customers import Customers
from streams.gateway.dialect import refuse
from streams.gateway.dialects import PAGES, ROUTES
from streams.gateway.erased import Erased
from streams.gateway.health import BrokerHealth
from streams.gateway.hooks import routes_of
from streams.gateway.intake import Intake
from streams.gateway.keys import WriteKeys
from streams.gateway.lookup import Lookup
from streams.gateway.methods import not_allowed
from streams.gateway.metrics import GatewayMetrics, Measured
from streams.gateway.openapi import describe, of_health, of_page, of_route
from streams.gateway.origins import Origins
from streams.gateway.plan import load_plan
from streams.gateway.population import Sections
from streams.gateway.quality import QualityCounts
from streams.gateway.refusal import REFUSED, Refusal
from streams.gateway.roster import CustomerRoster
from streams.gateway.taking import Taking
from streams.gateway.tokens import Tokens
from streams.producer import Producer
from streams.store.connecting import prompt_redis
from streams.tracing import tracing_of

logger = logging.getLogger(__name__)

_SILENT = TelemetryConfig(tracing=False, metrics=False, logs=False, auto_configure=False)
"""FastAPI's own telemetry tells paths and queries, which may name customers and hold write keys."""


def create_app(settings: Settings, keys: WriteKeys, producer: Producer, metrics: GatewayMetrics) -> FastAPI:
    """The gateway as an ASGI app, whose lifespan is that of the producer.

    Raises:
        SettingsError: if the tracking plan cannot be read, or the settings speak of webhooks that are not understood.
    """
    health = BrokerHealth(settings.broker_url)
    plan = load_plan(settings)
    quality = QualityCounts(settings, plan, metrics.registry)
    erased = Erased(settings)
    redis = prompt_redis(settings)
    intake = Intake(settings, plan, erased)
    taking = Taking(settings, keys, producer, metrics, intake, quality, tracing_of("gateway"))

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with producer, quality, erased, redis:
            yield

    # The pages that explain an API load scripts from elsewhere; the schema itself stays.
    app = FastAPI(
        title="Ebbflow gateway",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
        telemetry=_SILENT,
    )
    app.state.tokens = Tokens(settings)
    lookup = Lookup(settings, redis)
    app.routes.insert(0, lookup.direct)

    def add(path: str, method: str, summary: str, answer: Any, documented: dict[str, Any]) -> None:
        async def route(request: Request) -> Response:
            return await answer(request)

        app.add_api_route(
            path,
            route,
            methods=[method],
            summary=summary,
            status_code=int(min(documented["responses"])),
            response_class=Response,
            openapi_extra=documented,
        )

    for route in [*ROUTES, *routes_of(settings)]:
        add(route.path, route.method, route.summary, partial(taking.take, route), of_route(route))
    for page in PAGES:
        add(page.path, "GET", page.summary, partial(taking.show, page), of_page(page))
    app.include_router(quality.router)
    # The stream before what one alert is looked up by, and the export before what looks like a longer id.
    app.include_router(AlertStream(settings).router)
    app.include_router(AlertDesk(settings, redis, producer).router)
    app.include_router(Customers(settings, producer, erased).router)
    app.include_router(CustomerRoster(settings, redis).router)
    app.include_router(lookup.router)
    app.include_router(Sections(settings, redis).router)

    async def healthz(_: Request) -> Response:
        if await health.reachable():
            return JSONResponse({"status": "ok", "broker": "reachable"})
        return JSONResponse({"status": "unavailable", "broker": "unreachable"}, 503)

    add("/healthz", "GET", "200 while a broker answers, else 503", healthz, of_health())
    describe(app)

    app.add_exception_handler(Refusal, _refuse)
    app.add_exception_handler(HTTPException, _refuse_by_http)
    app.add_exception_handler(RequestValidationError, _refuse_by_type)
    app.add_exception_handler(Exception, _fail)
    app.add_middleware(Admission)
    app.add_middleware(Origins, settings=settings)
    app.add_middleware(Measured, metrics=metrics)
    return app


async def _refuse(request: Request, refusal: Any) -> Response:
    # Only what the sender cannot choose: no message, which may name a customer, and no query, which may hold a key.
    logger.info("refused: path=%s status=%d code=%s", _route_of(request), refusal.status, refusal.code)
    request.scope[REFUSED] = refusal.code
    answer: Response = getattr(request.state, "refuse", refuse)(refusal)
    return answer


def _route_of(request: Request) -> str:
    """The route's own path: a path may have a key in it."""
    return getattr(request.scope.get("route"), "path", "other")


async def _refuse_by_http(request: Request, error: Any) -> Response:
    if error.status_code == 405:
        return not_allowed(request).response
    code = "not_found" if error.status_code == 404 else "http_error"
    what = "POST to /v1/track, /v1/batch and the like"
    return Refusal(error.status_code, code, str(error.detail), what, error.headers).response


async def _refuse_by_type(_: Request, error: Any) -> Response:
    """A parameter that is not what the route declares."""
    first = error.errors()[0]
    where = ".".join(map(str, first["loc"]))
    if first["type"] == "string_pattern_mismatch":
        # What it should look like is written for machines.
        return Refusal(400, "invalid", f"{where} is nothing that Ebbflow gave out", "take it from an answer").response
    return Refusal(400, "invalid", first["msg"], where).response


async def _fail(_: Request, error: Exception) -> Response:
    return Refusal(500, "internal_error", "the gateway failed; its log says how").response
