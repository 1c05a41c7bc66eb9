"""The gateway as a process: it starts when it can, answers honestly while the broker is away, and ends in order."""

import base64
import json
import os
import re
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from streams.embedded.companion import Companion
from streams.embedded.stack import free_port
from streams.topics import declare
from tests.brokers.choice import OwnBroker, Stack
from tests.harness import WRITE_KEY, records_of, running_gateway, settings_for, wait_until
from tests.integration.working import environment_of

pytestmark = pytest.mark.integration

ORDER = {"userId": "ada-lovelace", "event": "Order Completed", "properties": {"revenue": 12.5}}


@contextmanager
def gateway_process(log: Path, **environment: str) -> Iterator[Companion]:
    """`ebbflow gateway` with these settings."""
    with Companion("the gateway", [sys.executable, "-m", "streams.cli", "gateway"], log, environment) as gateway:
        yield gateway


def test_without_a_write_key_it_says_what_to_set(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with gateway_process(log, EBBFLOW_WRITE_KEYS="") as gateway:
        wait_until(lambda: gateway.status is not None, within=20)
        assert gateway.status == 1
    assert "EBBFLOW_WRITE_KEYS" in log.read_text()
    assert "Traceback" not in log.read_text()


def test_it_waits_for_the_broker_and_can_be_stopped_meanwhile(tmp_path: Path) -> None:
    log, broker = tmp_path / "log", f"127.0.0.1:{free_port()}"
    with gateway_process(log, EBBFLOW_BROKER_URL=broker, EBBFLOW_WRITE_KEYS=WRITE_KEY) as gateway:
        wait_until(lambda: f"No Kafka broker answers at {broker}" in log.read_text(), within=20)
        assert gateway.stop() == 0
    assert "Traceback" not in log.read_text()


def test_it_gives_up_when_told_to(tmp_path: Path) -> None:
    log, broker = tmp_path / "log", f"127.0.0.1:{free_port()}"
    given = {"EBBFLOW_BROKER_URL": broker, "EBBFLOW_WRITE_KEYS": WRITE_KEY}
    with gateway_process(log, **given, EBBFLOW_GIVE_UP_AFTER="200ms") as gateway:
        wait_until(lambda: gateway.status is not None, within=20)
        assert gateway.status == 1
    assert "gave up" in log.read_text()
    assert "Traceback" not in log.read_text()


def test_it_answers_what_has_begun_before_it_ends(stack: Stack, tmp_path: Path) -> None:
    settings, log = settings_for(stack), tmp_path / "log"
    port, body = settings.gateway_port, json.dumps(ORDER).encode()
    with gateway_process(log, **environment_of(settings)) as gateway:
        url = f"http://127.0.0.1:{port}"
        gateway.wait_until(lambda: answers(url), within=20)
        assert httpx.post(f"{url}/v1/track", content=b"{}", auth=(WRITE_KEY, "")).status_code == 400
        with socket.create_connection(("127.0.0.1", port), 10) as begun:
            key = base64.b64encode(f"{WRITE_KEY}:".encode()).decode()
            head = f"POST /v1/track HTTP/1.1\r\nHost: x\r\nAuthorization: Basic {key}\r\nContent-Length: {len(body)}"
            begun.sendall(head.encode() + b"\r\n\r\n" + body[:10])
            # The gateway has read the head when a later request of another connection is answered.
            assert httpx.get(f"{url}/healthz").status_code == 200
            os.kill(gateway.pid, signal.SIGTERM)
            wait_until(lambda: "Shutting down" in log.read_text(), within=10)
            begun.sendall(body[10:])
            assert begun.recv(1000).startswith(b"HTTP/1.1 200")
        wait_until(lambda: gateway.status is not None, within=20)
        assert gateway.status == 0
    assert [record.key for record in records_of(settings, "touchpoints")] == [b"ada-lovelace"]
    written = log.read_text()
    assert "code=invalid" in written
    assert not re.search("ada-lovelace|Traceback|" + re.escape(WRITE_KEY), written)


def answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz").status_code == 200
    except httpx.TransportError:
        return False


def test_while_the_broker_is_away_nothing_is_confirmed_and_then_it_goes_on(
    broker: OwnBroker, stack: Stack, caplog: pytest.LogCaptureFixture
) -> None:
    own = settings_for(Stack(broker.broker_url, stack.redis_url))
    settings = own.model_copy(update={"publish_timeout": timedelta(milliseconds=600)})
    declare(settings)
    with running_gateway(settings) as url, httpx.Client(base_url=url, auth=(WRITE_KEY, ""), timeout=20) as client:
        assert client.post("/v1/track", json={**ORDER, "messageId": "before"}).status_code == 200
        os.kill(broker.pid, signal.SIGSTOP)
        try:
            for _ in range(3):
                answer = client.post("/v1/track", json={**ORDER, "messageId": "during"})
                assert (answer.status_code, answer.json()["code"]) == (503, "broker_unavailable")
                assert int(answer.headers["Retry-After"]) > 0
            wait_until(lambda: client.get("/healthz").status_code == 503, within=10)
        finally:
            os.kill(broker.pid, signal.SIGCONT)
        wait_until(lambda: client.post("/v1/track", json={**ORDER, "messageId": "after"}).status_code == 200)
        wait_until(lambda: client.get("/healthz").status_code == 200, within=10)
    ids = [json.loads(record.value)["messageId"] for record in records_of(settings, "touchpoints")]
    assert ids[0] == "before"
    assert "after" in ids
    assert caplog.text.count("the broker does not acknowledge") == 1
