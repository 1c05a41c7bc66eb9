"""The gateway under clients that send too much, or take their time: each is bounded, and keeps nobody else waiting."""

import contextlib
import gzip
import re
import socket
import threading
import time
from collections import Counter
from urllib.parse import urlsplit

import httpx
import pytest

from schemas.rejected import Rejected
from schemas.settings import Settings
from streams.gateway.admission import MAX_REQUESTS, Admission
from streams.gateway.body import MAX_BODY
from streams.gateway.rates import BURST
from streams.topics import MAX_KEPT
from tests.brokers.choice import Stack
from tests.harness import records_of, running_gateway, wait_until
from tests.integration.guarded.hostile import (
    BASIC,
    KEY,
    ORDER,
    OTHER_KEY,
    PATIENCE,
    SHOP,
    ask,
    connected,
    everything,
    guarded,
    is_refused,
    reason_of,
    say,
    status_of,
)

pytestmark = pytest.mark.integration


def test_a_key_that_sends_too_much_is_told_when_to_come_back(stack: Stack) -> None:
    settings = guarded(stack, rate_limit=2)
    burst = round(2 * BURST)
    batch = {"batch": [{"type": "track", **ORDER}] * burst}
    with running_gateway(settings) as url, httpx.Client(base_url=url, timeout=20) as client:
        assert client.post("/v1/batch", json=batch, auth=(KEY, "")).status_code == 200
        answer = client.post("/v1/batch", json=batch, auth=(KEY, ""), headers={"Origin": SHOP})
        assert is_refused(answer, 429, "too_many")
        wait = int(answer.headers["Retry-After"])
        assert 0 < wait <= BURST
        assert answer.headers["Access-Control-Expose-Headers"] == "Retry-After"
        assert client.post("/v1/track", json=ORDER, auth=(OTHER_KEY, "")).status_code == 200
        wait_until(lambda: client.post("/v1/track", json=ORDER, auth=(KEY, "")).status_code == 200, within=5)
    assert len(records_of(settings, "touchpoints")) == burst + 2


def test_a_gzip_bomb_is_never_unpacked(client: httpx.Client) -> None:
    bomb = gzip.compress(b'{"batch":[' + b" " * 300_000_000 + b"]}")
    twice = gzip.compress(gzip.compress(b'{"batch":[]}'))
    many = gzip.compress(b"{}") * 1000
    for body, status in ((bomb, 413), (gzip.compress(bomb), 400), (twice, 400), (many, 400)):
        for headers in ({}, {"Content-Encoding": "gzip"}):
            answer = client.post("/v1/batch", content=body, auth=(KEY, ""), headers=headers)
            assert answer.status_code == status
            assert answer.json().keys() == {"code", "message", "detail"}
    for encoding in ("gzip, gzip", "deflate", "zstd", "gzip\tgzip"):
        answer = client.post("/v1/batch", content=bomb, auth=(KEY, ""), headers={"Content-Encoding": encoding})
        assert is_refused(answer, 415, "unsupported_encoding")


def test_an_event_larger_than_a_record_is_refused_alone_and_kept_in_part(settings: Settings, url: str) -> None:
    kept = len(records_of(settings, "rejected"))
    events = [{**ORDER, "type": "track"}, {**ORDER, "type": "track", "properties": {"note": "x" * 3_000_000}}]
    answer = httpx.post(f"{url}/v1/batch", json={"batch": events}, auth=(KEY, ""), timeout=20)
    assert answer.status_code == 200
    assert [(event["index"], event["code"]) for event in answer.json()["rejected"]] == [(1, "too_large")]
    [record] = records_of(settings, "rejected")[kept:]
    assert len(Rejected.model_validate_json(record.value).original) == MAX_KEPT


def test_a_body_that_says_it_is_large_is_not_read(url: str) -> None:
    lines = ["POST /v1/track HTTP/1.1", "Host: x", f"Authorization: Basic {BASIC}"]
    for length in (MAX_BODY + 1, 2**63):
        head = "\r\n".join([*lines, f"Content-Length: {length}"]).encode() + b"\r\n\r\n"
        with connected(url) as connection:
            connection.sendall(head)
            assert status_of(connection.recv(65536)) == 413


# Clients that are in no hurry


@pytest.mark.parametrize("begun", [b"", b"POST", b"\r\n", b"POST /v1/track HTTP/1.1\r\nHost: x\r\nX-A:"])
def test_a_head_that_does_not_end_is_given_up(begun: bytes, url: str) -> None:
    began = time.monotonic()
    said = say(url, begun)
    assert (status_of(said), reason_of(said)["code"]) == (408, "too_slow")
    assert PATIENCE * 0.9 < time.monotonic() - began < PATIENCE + 8


def test_a_head_that_comes_drop_by_drop_is_given_up(url: str) -> None:
    with connected(url) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\n")
        answered = threading.Event()

        def drip() -> None:
            while not answered.wait(0.1):
                try:
                    connection.sendall(b"X-A: b\r\n")
                except OSError:
                    return

        dripping = threading.Thread(target=drip)
        dripping.start()
        try:
            assert status_of(connection.recv(65536)) == 408
        finally:
            answered.set()
            dripping.join()


def test_a_second_head_is_waited_for_no_longer(url: str) -> None:
    with connected(url) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert status_of(connection.recv(65536)) == 200
        connection.sendall(b"\r\n")
        assert status_of(everything(connection)) == 408


def test_a_body_that_does_not_come_is_given_up(url: str) -> None:
    for encoding in ("Content-Length: 100\r\n\r\n{", "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n"):
        head = f"POST /v1/track HTTP/1.1\r\nHost: x\r\nAuthorization: Basic {BASIC}\r\n{encoding}"
        said = say(url, head.encode())
        assert (status_of(said), reason_of(said)["code"]) == (408, "too_slow")


def test_slow_clients_keep_nobody_waiting(client: httpx.Client, url: str) -> None:
    slow = [socket.create_connection((urlsplit(url).hostname, urlsplit(url).port), 20) for _ in range(100)]
    try:
        for connection in slow:
            connection.sendall(b"POST /v1/track HTTP/1.1\r\nHost: x\r\n")
        assert client.post("/v1/track", json=ORDER, auth=(KEY, "")).status_code == 200
        assert {status_of(everything(connection)) for connection in slow} == {408}
    finally:
        for connection in slow:
            connection.close()


def test_an_answer_that_nobody_reads_is_given_up(settings: Settings, url: str) -> None:
    """Requests one by one, and not one answer read: the answers pile up, and the connection is cut."""
    asked = b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n"
    with connected(url) as connection:
        assert is_cut(connection, asked, every=0.01)
    assert ends(settings)["unread"] == 1


def test_requests_in_a_line_without_end_are_given_up(url: str, client: httpx.Client) -> None:
    asked = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    with connected(url) as connection:
        connection.sendall(asked * 20 + asked.replace(b"Host", b"Connection: close\r\nHost"))
        assert everything(connection).count(b"HTTP/1.1 200") == 21
    with connected(url) as connection:
        assert is_cut(connection, asked * 1000, every=0)
    assert client.get("/healthz").status_code == 200


def test_connections_that_are_refused_or_cut_are_counted_by_reason(
    settings: Settings, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = ends(settings)
    say(url, b"HELLO\r\n\r\n")
    say(url, b"POST")
    # More than comes with one read, which is let pass.
    say(url, b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X-A: b\r\n" * 100_000)
    with connected(url) as connection:
        assert is_cut(connection, b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" * 1000, every=0)
    monkeypatch.setattr("streams.gateway.connection.MAX_CONNECTIONS", 0)
    say(url, b"")
    assert ends(settings) - before == dict.fromkeys(["not_http", "too_slow", "head_too_large", "pipelining", "busy"], 1)


def ends(settings: Settings) -> Counter[str]:
    """How many connections were refused or cut, by reason."""
    page = httpx.get(f"http://127.0.0.1:{settings.gateway_metrics_port}/metrics").text
    found = re.findall(r'^ebbflow_gateway_connections_refused_total{reason="(\w+)"} ([0-9.]+)$', page, re.MULTILINE)
    return Counter({reason: round(float(count)) for reason, count in found})


def is_cut(connection: socket.socket, asked: bytes, every: float) -> bool:
    """Whether the gateway ends a connection on which this is sent again and again, in half a minute."""
    deadline = time.monotonic() + 30
    connection.settimeout(PATIENCE)
    try:
        while time.monotonic() < deadline:
            with contextlib.suppress(TimeoutError):
                connection.sendall(asked)
            time.sleep(every)
    except OSError:
        return True
    return False


def test_more_requests_than_there_is_room_for_are_told_to_come_back() -> None:
    async def never(*_: object) -> None:
        raise AssertionError("it was let in")

    app = Admission(never)
    app._under_way = MAX_REQUESTS
    answer = ask(app, "/v1/track")
    assert is_refused(answer, 503, "busy")
    assert int(answer.headers["Retry-After"]) > 0


def test_more_large_bodies_than_there_is_room_for_are_told_to_come_back(
    url: str, client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streams.gateway.body.MAX_HELD", 100_000)
    head = f"POST /v1/batch HTTP/1.1\r\nHost: x\r\nAuthorization: Basic {BASIC}\r\nContent-Length: 150000\r\n\r\n"
    batch = {"batch": [{"type": "track", **ORDER, "properties": {"note": "x" * 10_000}}] * 12}
    with connected(url) as slow:
        slow.sendall(head.encode() + b" " * 149_999)
        wait_until(lambda: client.post("/v1/batch", json=batch, auth=(KEY, "")).status_code == 503, within=PATIENCE / 2)
        answer = client.post("/v1/batch", json=batch, auth=(KEY, ""))
        assert is_refused(answer, 503, "busy")
        assert int(answer.headers["Retry-After"]) > 0
        assert client.post("/v1/track", json=ORDER, auth=(KEY, "")).status_code == 200
    wait_until(lambda: client.post("/v1/batch", json=batch, auth=(KEY, "")).status_code == 200, within=10)


def test_more_connections_than_there_is_room_for_are_told_to_come_back(
    url: str, client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streams.gateway.connection.MAX_CONNECTIONS", 3)
    idle = [socket.create_connection((urlsplit(url).hostname, urlsplit(url).port), 20) for _ in range(3)]
    try:
        wait_until(lambda: client.get("/healthz").status_code == 503, within=PATIENCE / 2, every=0.01)
        answer = httpx.post(f"{url}/v1/track", json=ORDER, auth=(KEY, ""))
        assert is_refused(answer, 503, "busy")
        assert int(answer.headers["Retry-After"]) > 0
    finally:
        for connection in idle:
            connection.close()
    wait_until(lambda: httpx.get(f"{url}/healthz").status_code == 200, within=10)
