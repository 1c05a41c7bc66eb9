"""Tracing: what turns it on, and what is part of which trace."""

import sys
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from faust.types import TP

from streams.tracing import Tracing, tracing_of
from streams.transport.batch import Batch
from tests.alerting import alert_of
from tests.collecting import Collector
from tests.harness import wait_until

ONE, OTHER = (f"00-{number:032x}-{number:016x}-01" for number in (7, 8))
UNSAMPLED = f"00-{9:032x}-{9:016x}-00"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "50")
    return monkeypatch


@pytest.fixture
def collector(environment: pytest.MonkeyPatch) -> Iterator[Collector]:
    with Collector() as running:
        for name, value in running.environment.items():
            environment.setenv(name, value)
        yield running


def batch_of(*headers: list[tuple[str, Any]]) -> Batch:
    """A batch of records with these headers, of customers 0, 1, 2..."""
    records: Any = [SimpleNamespace(key=b"%d" % number, headers=each) for number, each in enumerate(headers)]
    return Batch(TP("touchpoints", 3), records, 0, len(records))


def carries(trace: str) -> list[tuple[str, Any]]:
    return [("ebbflow-row", b"1"), ("traceparent", trace.encode())]


def test_off_nothing_is_carried() -> None:
    off = Tracing()
    with off.batch(batch_of(carries(ONE))) as trace_of, off.alert(alert_of(), ONE) as carried:
        assert (trace_of("0"), carried, off.at_hand(), off.carried(carries(ONE))) == ("", "", "", "")


@pytest.mark.parametrize(
    ("said", "on", "warned"),
    [
        ({}, False, ""),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}, True, ""),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:9/v1/traces"}, True, ""),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "OTEL_SDK_DISABLED": "true"}, False, ""),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "OTEL_TRACES_EXPORTER": "none"}, False, ""),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, False, "'grpc'"),
    ],
)
def test_what_turns_it_on(
    said: dict[str, str], on: bool, warned: str, environment: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for name, value in said.items():
        environment.setenv(name, value)
    assert tracing_of("worker").on == on
    assert warned in caplog.text
    assert bool(warned) == bool(caplog.text)


def test_without_the_extra_it_says_what_to_install(
    environment: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    environment.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    environment.setitem(sys.modules, "streams.tracing.otlp", None)
    assert not tracing_of("worker").on
    assert "pip install 'ebbflow[tracing]'" in caplog.text


def test_what_the_gateway_does_not_sample_travels_nowhere(
    collector: Collector, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("OTEL_TRACES_SAMPLER", "parentbased_traceidratio")
    environment.setenv("OTEL_TRACES_SAMPLER_ARG", "0")
    tracing = tracing_of("gateway")
    with tracing.request("POST", "/v1/track", ONE) as answered:
        assert tracing.at_hand() == ""
        answered(200)
    # What others have sampled is part of their traces, whatever would be sampled here.
    with tracing.batch(batch_of([], carries(ONE), carries(UNSAMPLED))):
        assert tracing.at_hand().startswith(ONE[:36])
    wait_until(lambda: collector.spans, within=10)
    assert [span.name for span in collector.spans] == ["process touchpoints"]


def test_a_batch_is_one_span_linked_to_what_is_traced(collector: Collector) -> None:
    tracing = tracing_of("worker")
    strange = [("traceparent", None)], [("traceparent", b"\xff\xfe")], [("traceparent", ONE.encode() + b"x" * 99)]
    with tracing.batch(batch_of([], *strange, carries(UNSAMPLED))) as trace_of:
        assert ({trace_of(str(number)) for number in range(5)}, tracing.at_hand()) == ({""}, "")
    with tracing.batch(batch_of([], *strange, carries(ONE), carries(OTHER), carries(ONE))) as trace_of:
        assert [trace_of(str(number)) for number in range(8)] == ["", "", "", "", ONE, OTHER, ONE, ""]
    wait_until(lambda: collector.spans, within=10)
    (batch,) = collector.spans
    assert (batch.trace, batch.parent) == (f"{7:032x}", f"{7:016x}")
    assert batch.links == {(f"{number:032x}", f"{number:016x}") for number in (7, 8)}
    assert batch.about["messaging.batch.message_count"] == 7


def test_an_alert_that_was_not_published_has_no_span(collector: Collector) -> None:
    tracing, alert = tracing_of("worker"), alert_of(id="00112233445566778899aabb")

    def publish(fails: bool) -> str:
        with tracing.alert(alert, ONE) as carried:
            if fails:
                raise OSError("ada is not to be told of")
        return carried

    with pytest.raises(OSError, match="ada"):
        publish(fails=True)
    first, again = publish(fails=False), publish(fails=False)
    assert first == again == f"00-{7:032x}-0011223344556677-01"
    wait_until(lambda: len(collector.spans) == 2, within=10)
    assert {span.place for span in collector.spans} == {(f"{7:032x}", "0011223344556677")}


def test_a_digest_is_linked_to_all_its_alerts(collector: Collector) -> None:
    tracing = tracing_of("notifier")
    with tracing.delivery("crm", ["", UNSAMPLED]) as went:
        went(False)
    with tracing.delivery("crm", ["", OTHER, ONE, UNSAMPLED]) as went:
        went(False)
    wait_until(lambda: collector.spans, within=10)
    (delivery,) = collector.of("deliver crm")
    assert (delivery.trace, delivery.failed) == (f"{8:032x}", True)
    assert delivery.links == {(f"{number:032x}", f"{number:016x}") for number in (7, 8)}
