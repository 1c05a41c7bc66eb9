"""Tracing, from a request at the gateway to the delivery of an alert: off unless OpenTelemetry's own variables ask for
it, and then nothing is done here, and nothing of its SDK is imported.

A touchpoint carries its request on in the Kafka header `traceparent` (W3C Trace Context), an alert its publication.
"""

import logging
import os
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

from schemas.alert import Alert
from streams.topics import TRACE_HEADER

if TYPE_CHECKING:
    from streams.transport.batch import Batch

logger = logging.getLogger(__name__)

Headers = Sequence[tuple[str, bytes]]
TraceOf = Callable[[str], str]
"""The latest trace that came with touchpoints of a customer; empty for none."""


def untraced(customer: str) -> str:
    """Nobody came with a trace."""
    return ""


def carrying(trace: str) -> Headers:
    """The headers of a record that carries a trace on; none where there is nothing to carry."""
    return [(TRACE_HEADER, trace.encode())] if trace else ()


class Tracing:
    """What may be traced, when nothing is. A trace, here, is a `traceparent`; empty for none."""

    on = False

    def request(self, method: str, route: str, caller: str) -> AbstractContextManager[Callable[[int], None]]:
        """A request with touchpoints at the gateway; `caller` is the trace that it says to be part of. What is given
        is told the status of the answer."""
        return nullcontext(_ignore)

    def at_hand(self) -> str:
        """The trace of what is being done."""
        return ""

    def batch(self, batch: "Batch") -> AbstractContextManager[TraceOf]:
        """The work on a batch of touchpoints; tells the traces that came with it."""
        return nullcontext(untraced)

    def alert(self, alert: Alert, cause: str) -> AbstractContextManager[str]:
        """The publication of an alert that a trace led to; gives the one that its record shall carry: always the same
        for the same alert and cause."""
        return nullcontext("")

    def carried(self, headers: Headers) -> str:
        """The trace that a record carries."""
        return ""

    def delivery(self, endpoint: str, causes: Sequence[str]) -> AbstractContextManager[Callable[[bool], None]]:
        """A try to deliver alerts, with the traces that their records carried. What is given is told whether they
        arrived."""
        return nullcontext(_ignore)


def tracing_of(part: str) -> Tracing:
    """Tracing for a part of Ebbflow (`gateway`, `worker`, `notifier`), as the environment asks for it."""
    if not _endpoint() or os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return Tracing()
    if _said("OTEL_TRACES_EXPORTER") not in ("", "otlp"):
        return Tracing()
    protocol = _said("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL") or _said("OTEL_EXPORTER_OTLP_PROTOCOL")
    if protocol not in ("", "http/protobuf"):
        # These variables may be meant for others: no reason not to work.
        logger.warning("nothing is traced: traces leave by OTLP over http/protobuf, and the protocol is %r", protocol)
        return Tracing()
    try:
        from streams.tracing.otlp import OtlpTracing
    except ImportError:
        logger.warning("nothing is traced: that takes `pip install 'ebbflow[tracing]'`")
        return Tracing()
    return OtlpTracing(part)


def _endpoint() -> str:
    return _said("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") or _said("OTEL_EXPORTER_OTLP_ENDPOINT")


def _said(variable: str) -> str:
    return os.environ.get(variable, "").strip()


def _ignore(_: object) -> None:
    """Nobody wants to know."""
