"""Tracing with OpenTelemetry's SDK, which exports by OTLP over HTTP and reads its own variables (`OTEL_*`).

No span names a customer, and none holds what an error says, which may name one.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    StatusCode,
    get_current_span,
    set_span_in_context,
    use_span,
)
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from schemas.alert import Alert
from streams.topics import ALERTS, TOUCHPOINTS, TRACE_HEADER
from streams.tracing import Headers, TraceOf, Tracing, untraced

if TYPE_CHECKING:
    from streams.transport.batch import Batch

MAX_LINKS = 128
"""Of a span; a batch may hold thousands of traced records."""

_FORM = re.compile(rb"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
_W3C = TraceContextTextMapPropagator()
# What begins a trace of its own, whatever is being done.
_NOTHING = Context()


class OtlpTracing(Tracing):
    """Spans for an OTLP endpoint, which leave in the background, and at the end of the process."""

    on = True

    def __init__(self, part: str) -> None:
        named = {SERVICE_NAME: f"ebbflow-{part}", **OTELResourceDetector().detect().attributes}
        self._ids = _Ids()
        provider = TracerProvider(resource=Resource.create(named), id_generator=self._ids)
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self._tracer = provider.get_tracer("ebbflow")

    @contextmanager
    def request(self, method: str, route: str, caller: str) -> Iterator[Callable[[int], None]]:
        """A trace of its own, linked to the caller's: whether it is sampled is not for strangers to say."""
        about = {"http.request.method": method, "http.route": route}
        span = self._tracer.start_span(f"{method} {route}", _NOTHING, SpanKind.SERVER, about, _links([caller]))

        def answered(status: int) -> None:
            span.set_attribute("http.response.status_code", status)
            if status >= 500:
                span.set_status(StatusCode.ERROR)

        # What is refused ends in an error here, too, and is none.
        with use_span(span, end_on_exit=True, record_exception=False, set_status_on_exception=False):
            yield answered

    def at_hand(self) -> str:
        """The trace of what is being done, if it is sampled."""
        return _written(get_current_span())

    @contextmanager
    def batch(self, batch: "Batch") -> Iterator[TraceOf]:
        """One span a batch, and only if records of it are traced: part of the first one's trace, linked to all, but to
        no more than `MAX_LINKS`."""
        found = [
            (record.key, value) for record in batch.records for name, value in record.headers if name == TRACE_HEADER
        ]
        links = _links(_read(value) for _, value in found) if found else []
        if not links:
            yield untraced
            return
        latest = dict(found)
        about = {
            "messaging.system": "kafka",
            "messaging.operation.type": "process",
            "messaging.destination.name": batch.tp.topic,
            "messaging.destination.partition.id": str(batch.tp.partition),
            "messaging.batch.message_count": len(batch.records),
        }
        within = _within(links[0].context)
        with _doing(self._tracer.start_span(f"process {TOUCHPOINTS}", within, SpanKind.CONSUMER, about, links)):
            # Read when it is asked for: of thousands, few lead to anything.
            yield lambda customer: _read(latest.get(customer.encode()))

    @contextmanager
    def alert(self, alert: Alert, cause: str) -> Iterator[str]:
        """A span whose id follows from the alert's, so that a record which is published again is the very same one; so
        does the id of the trace of an alert that none led to. One that was not published has none."""
        about = {
            "messaging.system": "kafka",
            "messaging.operation.type": "send",
            "messaging.destination.name": ALERTS,
            "ebbflow.alert.kind": alert.kind,
            "ebbflow.alert.state": alert.state,
        }
        links = _links([self.at_hand()])
        with self._ids.of(alert):
            span = self._tracer.start_span(f"send {ALERTS}", _context(cause), SpanKind.PRODUCER, about, links)
        yield _written(span)
        span.end()

    def carried(self, headers: Headers) -> str:
        """The trace that a record carries."""
        return _read(dict(headers).get(TRACE_HEADER))

    @contextmanager
    def delivery(self, endpoint: str, causes: Sequence[str]) -> Iterator[Callable[[bool], None]]:
        """Part of the alert's trace; of several alerts, part of the first one's, linked to all. None, if none is
        traced."""
        links = _links(causes)
        span = get_current_span(_NOTHING)
        if links:
            within, about = _within(links[0].context), {"ebbflow.endpoint": endpoint}
            span = self._tracer.start_span(f"deliver {endpoint}", within, SpanKind.CLIENT, about, links)

        def went(arrived: bool) -> None:
            if not arrived:
                span.set_status(StatusCode.ERROR)

        with _doing(span):
            yield went


class _Ids(RandomIdGenerator):
    """Random ids, but for a span that is to have those of an alert (24 hexadecimal digits)."""

    def __init__(self) -> None:
        self._alert = ""

    @contextmanager
    def of(self, alert: Alert) -> Iterator[None]:
        self._alert = alert.id
        try:
            yield
        finally:
            self._alert = ""

    def is_trace_id_random(self) -> bool:
        return not self._alert

    def generate_trace_id(self) -> int:
        return int(self._alert, 16) if self._alert else super().generate_trace_id()

    def generate_span_id(self) -> int:
        return int(self._alert[:16], 16) if self._alert else super().generate_span_id()


@contextmanager
def _doing(span: Span) -> Iterator[None]:
    """What is done within is done in this span, which ends with it."""
    with use_span(span, end_on_exit=True, record_exception=False, set_status_on_exception=False):
        try:
            yield
        except Exception as error:
            span.set_attribute("error.type", type(error).__name__)
            span.set_status(StatusCode.ERROR)
            raise


def _read(value: bytes | None) -> str:
    """What the header of a record holds; nothing if that is not what it should."""
    return value.decode() if value and _FORM.fullmatch(value) else ""


def _context(trace: str) -> Context:
    return _W3C.extract({TRACE_HEADER: trace}, _NOTHING)


def _links(traces: Iterable[str]) -> list[Link]:
    """Links to what is sampled of these, each once."""
    links = dict[str, Link]()
    for trace in traces:
        if len(links) == MAX_LINKS:
            break
        if trace not in links:
            place = get_current_span(_context(trace)).get_span_context()
            if place.is_valid and place.trace_flags.sampled:
                links[trace] = Link(place)
    return list(links.values())


def _within(place: SpanContext) -> Context:
    return set_span_in_context(NonRecordingSpan(place), _NOTHING)


def _written(span: Span) -> str:
    """A span as others are told of it; nothing if it is not sampled, which need not travel."""
    told: dict[str, str] = {}
    if span.get_span_context().trace_flags.sampled:
        _W3C.inject(told, set_span_in_context(span))
    return told.get(TRACE_HEADER, "")
