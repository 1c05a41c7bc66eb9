"""The gateway as a process: it starts when it can, answers honestly while the broker is away, and ends in order."""

import base64
import itertools
import json
import os
import re
import signal
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
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
from tests.nursery import Forked

pytestmark = pytest.mark.integration

ORDER = {"userId": "ada-lovelace", "event": "Order Completed", "properties": {"revenue": 12.5}}


@contextmanager
def gateway_process(log: Path, **environment: str) -> Iterator[Companion]:
    """`ebbflow gateway` with these settings."""
    with Forked("the gateway", "streams.cli", ["gateway"], log, environment) as gateway:
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


def test_it_loses_nothing_that_it_acknowledged_when_it_ends_under_load(stack: Stack, tmp_path: Path) -> None:
    settings, log = settings_for(stack), tmp_path / "log"
    url, acknowledged, broken = f"http://127.0.0.1:{settings.gateway_port}", list[str](), list[str]()
    ended = threading.Event()

    def send(sender: int) -> None:
        with httpx.Client(base_url=url, auth=(WRITE_KEY, ""), timeout=20) as client:
            for number in itertools.count():
                name = f"{sender}-{number}"
                batch = [{**ORDER, "type": "track", "messageId": f"{name}-{part}"} for part in range(50)]
                try:
                    answer = client.post("/v1/batch", json={"batch": batch})
                except httpx.ConnectError:
                    return
                except httpx.TransportError as error:
                    # A connection that idles is closed, as its client may find out only when it sends the next.
                    broken.append(type(error).__name__)
                    return
                assert answer.status_code in (200, 503)
                if answer.status_code == 200:
                    acknowledged.extend(event["messageId"] for event in batch)
                if ended.is_set() and answer.headers.get("connection") == "close":
                    return

    with gateway_process(log, **environment_of(settings)) as gateway, ThreadPoolExecutor(4) as pool:
        gateway.wait_until(lambda: answers(url), within=20)
        senders = [pool.submit(send, sender) for sender in range(4)]
        wait_until(lambda: len(acknowledged) > 1000, within=30)
        os.kill(gateway.pid, signal.SIGTERM)
        ended.set()
        for sender in senders:
            sender.result(timeout=40)
        wait_until(lambda: gateway.status is not None, within=20)
        assert gateway.status == 0
    published = {json.loads(record.value)["messageId"] for record in records_of(settings, "touchpoints")}
    assert set(acknowledged) <= published
    assert len(set(acknowledged)) == len(acknowledged)
    assert "Traceback" not in log.read_text()


def test_a_client_that_is_too_slow_for_its_end_is_told_to_send_again(stack: Stack, tmp_path: Path) -> None:
    settings = settings_for(stack).model_copy(update={"publish_timeout": timedelta(milliseconds=500)})
    log, port = tmp_path / "log", settings.gateway_port
    with gateway_process(log, **environment_of(settings)) as gateway:
        gateway.wait_until(lambda: answers(f"http://127.0.0.1:{port}"), within=20)
        with socket.create_connection(("127.0.0.1", port), 20) as begun:
            begun.sendall(b"POST /v1/track HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
            assert httpx.get(f"http://127.0.0.1:{port}/healthz").status_code == 200
            os.kill(gateway.pid, signal.SIGTERM)
            said = b"".join(iter(lambda: begun.recv(65536), b""))
        assert said.startswith(b"HTTP/1.1 503")
        assert b"retry-after" in said.lower()
        assert json.loads(said.partition(b"\r\n\r\n")[2])["code"] == "ending"
        wait_until(lambda: gateway.status is not None, within=20)
        assert gateway.status == 0
    assert "Traceback" not in log.read_text()


def test_a_port_for_metrics_that_is_taken_is_named(stack: Stack, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        own = settings_for(stack).model_copy(update={"gateway_metrics_port": taken.getsockname()[1]})
        with gateway_process(log, **environment_of(own)) as gateway:
            wait_until(lambda: gateway.status is not None, within=30)
            assert gateway.status == 1
    assert "EBBFLOW_GATEWAY_METRICS_PORT" in log.read_text()
    assert "Traceback" not in log.read_text()


def answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz").status_code == 200
    except httpx.TransportError:
        return False


def test_while_the_broker_is_away_nothing_is_confirmed_and_then_it_goes_on(
    broker: OwnBroker, stack: Stack, caplog: pytest.LogCaptureFixture
) -> None:
    own = settings_for(Stack(broker.broker_url, stack.redis_url))
    # Two at once, then one in five seconds: what is answered with 503 is not to be counted.
    settings = own.model_copy(update={"publish_timeout": timedelta(milliseconds=600), "rate_limit": 0.2})
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


def test_when_too_much_waits_for_the_broker_the_answer_comes_at_once(
    broker: OwnBroker, stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streams.producer.MAX_WAITING", 200_000)
    own = settings_for(Stack(broker.broker_url, stack.redis_url))
    settings = own.model_copy(update={"publish_timeout": timedelta(seconds=6)})
    declare(settings)
    large = {"batch": [{**ORDER, "type": "track", "properties": {"note": "x" * 15_000}}] * 10}
    with running_gateway(settings) as url, httpx.Client(base_url=url, auth=(WRITE_KEY, ""), timeout=20) as client:
        assert client.post("/v1/batch", json=large).status_code == 200
        os.kill(broker.pid, signal.SIGSTOP)
        try:
            with ThreadPoolExecutor(4) as pool:
                waited = sorted(pool.map(lambda _: seconds_until_refused(url, large), range(4)))
        finally:
            os.kill(broker.pid, signal.SIGCONT)
        assert waited[2] < 3 < 5 < waited[3]
        wait_until(lambda: client.post("/v1/batch", json=large).status_code == 200)


def seconds_until_refused(url: str, body: object) -> float:
    began = time.monotonic()
    answer = httpx.post(f"{url}/v1/batch", json=body, auth=(WRITE_KEY, ""), timeout=20)
    assert (answer.status_code, answer.json()["code"]) == (503, "broker_unavailable")
    assert int(answer.headers["Retry-After"]) > 0
    return time.monotonic() - began
