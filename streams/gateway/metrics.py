"""What the gateway counts, for Prometheus."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, Histogram, start_http_server
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from schemas.settings import Settings
from streams.availability import UnavailableError
from streams.gateway.refusal import REFUSED


class GatewayMetrics:
    """The metrics of one gateway, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "ebbflow_gateway_requests", "Requests answered.", ["route", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "ebbflow_gateway_request_seconds",
            "From the request's head to the head of its answer.",
            ["route"],
            registry=self.registry,
        )
        self.refused = Counter(
            "ebbflow_gateway_refused_requests",
            "Requests refused, by the code of the answer (broker_unavailable, redis_unavailable, unauthorized, ...).",
            ["code"],
            registry=self.registry,
        )
        self.touchpoints = Counter(
            "ebbflow_gateway_touchpoints",
            "Touchpoints that came, by what became of them (accepted, rejected, withheld, limited).",
            ["type", "result"],
            registry=self.registry,
        )
        self.connections = Counter(
            "ebbflow_gateway_connections_refused",
            "Connections refused or cut before any route saw a request, by reason (busy, too_slow, unread, pipelining,"
            " head_too_large, not_http).",
            ["reason"],
            registry=self.registry,
        )

        # A counter that first appears at 1 shows no increase, so what an operator waits for is there from the start.
        for code in ("broker_unavailable", "redis_unavailable"):
            self.refused.labels(code)

    @contextmanager
    def listening(self, settings: Settings) -> Iterator[None]:
        """Show all of it to Prometheus for as long as the block lasts, on a port of its own: it is not for the public.

        Raises:
            UnavailableError: if the port is taken.
        """
        port, host = settings.gateway_metrics_port, settings.metrics_host
        if not port:
            yield
            return
        try:
            server, thread = start_http_server(port, host, self.registry)
        except OSError as error:
            raise UnavailableError(
                f"metrics cannot listen on {host}:{port} ({error.strerror}): set EBBFLOW_GATEWAY_METRICS_PORT to a free"
                " port, or to 0 for none"
            ) from None
        try:
            yield
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


class Measured:
    """Counts and times every request that passes through. A path that is no route of ours is counted as `other`."""

    def __init__(self, app: ASGIApp, metrics: GatewayMetrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status, began = 500, time.perf_counter()
        answered: float | None = None

        async def watched(message: Message) -> None:
            nonlocal status, answered
            if message["type"] == "http.response.start":
                # A stream may last for hours, which says nothing of how quick its answer was.
                status, answered = message["status"], time.perf_counter()
            await send(message)

        try:
            await self._app(scope, receive, watched)
        finally:
            route = getattr(scope.get("route"), "path", "other")
            self._metrics.requests.labels(route, str(status)).inc()
            if REFUSED in scope:
                self._metrics.refused.labels(scope[REFUSED]).inc()
            self._metrics.seconds.labels(route).observe((answered or time.perf_counter()) - began)
