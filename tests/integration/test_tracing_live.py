"""Tracing for real: one trace from a request at the gateway to the delivery of the alert that came of it."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from redis.asyncio import Redis

from processors.alerts import alert_id
from schemas.settings import Settings
from streams.store.partitions import Message, PartitionStore
from tests.alerting import alert_of
from tests.collecting import Collector
from tests.harness import WRITE_KEY, records_of, wait_until
from tests.integration.loaded import WANTED
from tests.integration.notifying import hook, running_notifier
from tests.integration.receivers import Receiver
from tests.integration.working import environment_of, folded, running_worker
from tests.nursery import Forked, run

pytestmark = pytest.mark.integration

CALLER = (f"{0xABC:032x}", f"{0xDEF:016x}")
LEFT = alert_id("ada", "customer.left", 1, "opened")


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as running:
        yield running


def test_one_trace_from_the_request_to_the_delivery_of_its_alert(
    settings: Settings, collector: Collector, tmp_path: Path
) -> None:
    traced = collector.environment
    gateway = Forked(
        "gateway", "streams.cli", ["gateway"], tmp_path / "gateway.log", {**environment_of(settings), **traced}
    )
    url = f"http://{settings.gateway_host}:{settings.gateway_port}"

    def send(event: str, status: int = 200, **more: str) -> None:
        told = {"userId": "ada", "event": event, "messageId": event, **more}
        trace = {"traceparent": f"00-{CALLER[0]}-{CALLER[1]}-01"}
        answer = httpx.post(f"{url}/v1/track", json=told, auth=(WRITE_KEY, ""), headers=trace)
        assert answer.status_code == status

    with Receiver() as crm, gateway, running_worker(settings, tmp_path / "worker.log", **traced) as worker:
        with running_notifier(settings, {"crm": hook(crm.url)}, tmp_path / "notifier.log", **traced) as notifier:
            wait_until(lambda: _is_up(url))
            send("Order Completed")
            wait_until(lambda: folded(settings) == 1)
            send("Account Deleted")
            wait_until(lambda: crm.got)
            send("Order Completed", status=400, timestamp="whenever")
            # What is traced leaves in the background, and at the end at the latest.
            assert [each.stop() for each in (gateway, worker, notifier)] == [0, 0, 0]
        delivered = crm.got[0]

    order, leaving, refused = collector.of("POST /v1/track")
    assert [each.about["http.response.status_code"] for each in (order, leaving, refused)] == [200, 200, 400]
    assert len({CALLER[0], order.trace, leaving.trace, refused.trace}) == 4, "strangers do not say what is sampled"
    assert leaving.links == {CALLER}
    assert [span.links for span in collector.of("process touchpoints")] == [{order.place}, {leaving.place}]
    batch = collector.of("process touchpoints")[1]
    assert (batch.trace, batch.parent) == leaving.place
    (sent,) = collector.of("send alerts")
    assert (sent.trace, sent.parent, sent.links) == (*leaving.place, {batch.place})
    assert sent.id == LEFT[:16]
    (delivery,) = collector.of("deliver crm")
    assert (delivery.trace, delivery.parent) == sent.place
    services = [each.service for each in (order, batch, sent, delivery)]
    assert services == ["ebbflow-gateway", "ebbflow-worker", "ebbflow-worker", "ebbflow-notifier"]
    assert not any(span.failed for span in collector.spans)
    assert "ada" not in {value for span in collector.spans for value in span.about.values()}

    assert _carried(settings, "touchpoints") == [order.traceparent, leaving.traceparent]
    assert _carried(settings, "alerts") == [sent.traceparent]
    assert delivered.headers["traceparent"].startswith(delivery.traceparent)


def test_what_a_dead_worker_had_to_say_is_said_with_the_same_trace(
    settings: Settings, collector: Collector, tmp_path: Path
) -> None:
    """The alert has the trace of the touchpoint, or of its own; which span it is follows from the alert."""
    cause = f"00-{7:032x}-{8:016x}-01"
    saved = alert_of("ada", id="0123456789abcdef01234567"), alert_of("bob", id="123456789abcdef012345678")

    async def die_after_saving() -> None:
        redis = Redis.from_url(settings.redis_url)
        store = PartitionStore(redis, settings)
        said = [
            Message("alerts", alert.customer, alert.model_dump_json(exclude_none=True), trace=trace)
            for alert, trace in zip(saved, (cause, ""), strict=True)
        ]
        profile = (await store.load(0, ["ada"])).profiles["ada"]
        await store.save(0, (await store.load(0)).standing, 0, 1.0, [profile], {}, {"ada": said})
        await redis.aclose()

    asyncio.run(die_after_saving())
    with running_worker(settings, tmp_path / "worker.log", **collector.environment) as worker:
        wait_until(lambda: len(records_of(settings, "alerts")) == 2)
        assert worker.stop() == 0
    assert set(_carried(settings, "alerts")) == {
        f"00-{7:032x}-{saved[0].id[:16]}",
        f"00-00000000{saved[1].id}-{saved[1].id[:16]}",
    }
    by_trace = {span.trace: span for span in collector.of("send alerts")}
    assert by_trace[f"{7:032x}"].parent == f"{8:016x}"
    assert by_trace[f"00000000{saved[1].id}"].parent == ""


@pytest.mark.parametrize(
    ("asked", "loaded"), [({}, []), ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}, [*WANTED])]
)
def test_nothing_is_loaded_that_was_not_asked_for(asked: dict[str, str], loaded: list[str]) -> None:
    done = run("tests.integration.loaded", environment=asked)
    assert (done.stdout.strip(), done.returncode) == (str(loaded), 0), done.stderr


def _carried(settings: Settings, topic: str) -> list[str]:
    """What the records of a topic carry, but for the flags."""
    return [dict(record.headers)["traceparent"].decode()[:-3] for record in records_of(settings, topic)]


def _is_up(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz").status_code == 200
    except httpx.HTTPError:
        return False
