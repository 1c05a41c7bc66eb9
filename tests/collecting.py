"""An OTLP endpoint in a test: what was traced, as it left."""

from collections.abc import Mapping
from dataclasses import dataclass

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from tests.integration.receivers import Receiver


@dataclass(frozen=True)
class Traced:
    """A span; ids are hexadecimal, `links` are traces and spans."""

    service: str
    name: str
    trace: str
    id: str
    parent: str
    links: frozenset[tuple[str, str]]
    about: Mapping[str, object]
    failed: bool

    @property
    def place(self) -> tuple[str, str]:
        """Its trace and its id."""
        return self.trace, self.id

    @property
    def traceparent(self) -> str:
        """As others are told of it, but for the flags."""
        return f"00-{self.trace}-{self.id}"


class Collector(Receiver):
    """Takes spans over HTTP."""

    @property
    def environment(self) -> dict[str, str]:
        """What sends the spans of a process here."""
        return {"OTEL_EXPORTER_OTLP_ENDPOINT": self.url.removesuffix("/hook")}

    @property
    def spans(self) -> list[Traced]:
        """All that came."""
        return [span for got in self.got if got.path == "/v1/traces" for span in _spans(got.body)]

    def of(self, name: str) -> list[Traced]:
        """Those with this name."""
        return [span for span in self.spans if span.name == name]


def _spans(body: bytes) -> list[Traced]:
    found = []
    for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
        service = {each.key: each.value.string_value for each in resource.resource.attributes}["service.name"]
        for scope in resource.scope_spans:
            for span in scope.spans:
                found.append(
                    Traced(
                        service,
                        span.name,
                        span.trace_id.hex(),
                        span.span_id.hex(),
                        span.parent_span_id.hex(),
                        frozenset((link.trace_id.hex(), link.span_id.hex()) for link in span.links),
                        {each.key: each.value.string_value or each.value.int_value for each in span.attributes},
                        span.status.code == Status.STATUS_CODE_ERROR,
                    )
                )
    return found
