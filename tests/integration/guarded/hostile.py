"""Talking to a guarded gateway in ways that no client of good will would."""

import asyncio
import base64
import contextlib
import json
import socket
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlsplit

import httpx
from starlette.types import ASGIApp

from schemas.settings import Settings
from streams.topics import declare
from tests.brokers.choice import Stack
from tests.harness import settings_for

SHOP = "https://shop.example"
KEY, OTHER_KEY, READ, ADMIN = "key-of-the-web-site", "key-of-the-ios-app", "token-that-reads", "token-that-erases"
ORDER = {"userId": "ada", "event": "Order Completed"}
PATIENCE = 1.0
BASIC = base64.b64encode(f"{KEY}:".encode()).decode()


def guarded(stack: Stack, **changes: object) -> Settings:
    """A gateway's settings with everything that guards it set."""
    given = {
        "write_keys": f"web={KEY},ios={OTHER_KEY}",
        "read_tokens": f"grafana={READ}",
        "admin_tokens": ADMIN,
        "allowed_origins": SHOP,
        "client_timeout": timedelta(seconds=PATIENCE),
    }
    settings = Settings(**{**settings_for(stack).model_dump(), **given, **changes})
    declare(settings)
    return settings


@contextlib.contextmanager
def connected(url: str) -> Iterator[socket.socket]:
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port), 20) as connection:
        yield connection


def everything(connection: socket.socket) -> bytes:
    """What is still answered until the gateway closes."""
    said = b""
    while part := connection.recv(65536):
        said += part
    return said


def say(url: str, raw: bytes) -> bytes:
    """All that is answered to these bytes, sent as they are, until the gateway closes."""
    with connected(url) as connection:
        connection.sendall(raw)
        try:
            return everything(connection)
        except ConnectionResetError:
            return b""


def request(*lines: str, body: bytes = b"", method: str = "POST", path: str = "/v1/track") -> bytes:
    """A request with a good key, a whole body, and more lines in its head; the connection is closed afterwards."""
    head = [f"{method} {path} HTTP/1.1", "Host: x", "Connection: close", f"Content-Length: {len(body)}", *lines]
    return "\r\n".join(head).encode("latin-1") + b"\r\n\r\n" + body


def status_of(said: bytes) -> int:
    return int(said.split(b" ", 2)[1])


def reason_of(said: bytes) -> dict[str, str]:
    reason = json.loads(said.partition(b"\r\n\r\n")[2])
    assert reason.keys() == {"code", "message", "detail"}
    return reason


def is_refused(answer: httpx.Response, status: int, code: str) -> bool:
    assert answer.json().keys() == {"code", "message", "detail"}
    return (answer.status_code, answer.json()["code"]) == (status, code)


def ask(app: ASGIApp, path: str, credentials: str = "", method: str = "GET") -> httpx.Response:
    """What an app answers, without a server."""

    async def get() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway") as client:
            headers = {"Authorization": credentials.encode()} if credentials else {}
            return await client.request(method, path, headers=headers)

    return asyncio.run(get())
