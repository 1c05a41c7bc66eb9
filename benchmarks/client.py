"""A small HTTP client for loading a gateway: kept-alive connections, as little work per request as can be."""

import asyncio
from base64 import b64encode
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Self

from benchmarks.traffic import Sent
from benchmarks.world import READ_TOKEN, WRITE_KEY

_ANSWERS_WITHIN = 30.0
_END = b"\r\n\r\n"


class RefusedError(Exception):
    """The gateway did not answer 200."""


class UnavailableError(RefusedError):
    """It answered 503: the broker did not acknowledge in time."""


class Connection(AbstractAsyncContextManager["Connection"]):
    """One connection to a gateway, on which one request follows the other."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def __aenter__(self) -> Self:
        await self._connect()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.close()

    async def post(self, request: bytes) -> None:
        """Send a request made by `request_for` or `question_about`; returns when everything in it is accepted.

        Raises:
            UnavailableError: if the gateway answered 503.
            RefusedError: if it answered anything else.
        """
        # A gateway closes a connection that was idle for some seconds.
        if self._reader.at_eof():
            self._writer.close()
            await self._connect()
        self._writer.write(request)
        async with asyncio.timeout(_ANSWERS_WITHIN):
            head = await self._reader.readuntil(_END)
            length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
            body = await self._reader.readexactly(length)
        if head.startswith(b"HTTP/1.1 503 "):
            raise UnavailableError(body.decode())
        if not head.startswith(b"HTTP/1.1 200 ") or b'"rejected"' in body:
            raise RefusedError(f"{head.decode()}{body.decode()}")

    async def _connect(self) -> None:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)


def request_for(events: Sequence[Sent]) -> bytes:
    """A request that holds these events: one alone, or a batch."""
    if len(events) == 1:
        path, body = "/v1/track", events[0].value
    else:
        path, body = "/v1/batch", b'{"batch":[' + b",".join(event.value for event in events) + b"]}"
    credentials = b64encode(f"{WRITE_KEY}:".encode()).decode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: gateway\r\nAuthorization: Basic {credentials}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def question_about(customer: str) -> bytes:
    """A request that looks a customer up."""
    head = f"GET /v1/customers/{customer} HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer {READ_TOKEN}\r\n\r\n"
    return head.encode()
