"""A small HTTP client for loading a gateway: kept-alive connections, as little work per request as can be."""

import asyncio
import re
from base64 import b64encode
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Self

from benchmarks.traffic import Sent
from benchmarks.world import READ_TOKEN, WRITE_KEY

_ANSWERS_WITHIN = 30.0
_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


class RefusedError(Exception):
    """The gateway did not answer 200."""


class UnavailableError(RefusedError):
    """It answered 503: the broker did not acknowledge in time."""


class Connection(asyncio.Protocol, AbstractAsyncContextManager["Connection"]):
    """One connection to a gateway, on which one request follows the other."""

    def __init__(self, port: int) -> None:
        self._port, self._loop = port, asyncio.get_running_loop()
        self._said = b""
        self._answer: asyncio.Future[tuple[bytes, bytes]] | None = None

    async def __aenter__(self) -> Self:
        await self._connect()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._transport.close()

    async def post(self, request: bytes) -> None:
        """Send a request made by `request_for` or `question_about`; returns when everything in it is accepted.

        Raises:
            UnavailableError: if the gateway answered 503.
            RefusedError: if it answered anything else.
            OSError: if it did not answer.
        """
        # A gateway closes a connection that was idle for some seconds.
        if self._transport.is_closing():
            await self._connect()
        self._said, self._answer = b"", self._loop.create_future()
        patience = self._loop.call_later(_ANSWERS_WITHIN, self._transport.abort)
        self._transport.write(request)
        try:
            head, body = await self._answer
        finally:
            patience.cancel()
        if head.startswith(b"HTTP/1.1 503 "):
            raise UnavailableError(body.decode())
        if not head.startswith(b"HTTP/1.1 200 ") or b'"rejected"' in body:
            raise RefusedError(f"{head.decode()}{body.decode()}")

    def data_received(self, data: bytes) -> None:
        """More of an answer, and maybe all of it."""
        self._said += data
        head, end, body = self._said.partition(_END)
        length = _LENGTH.search(head)
        if end and length is not None and len(body) == int(length[1]) and self._answer and not self._answer.done():
            self._answer.set_result((head, body))

    def connection_lost(self, exc: Exception | None) -> None:
        """Whoever waits for an answer learns that there will be none."""
        if self._answer and not self._answer.done():
            self._answer.set_exception(exc or ConnectionResetError("the gateway closed the connection"))

    async def _connect(self) -> None:
        self._transport, _ = await self._loop.create_connection(lambda: self, "127.0.0.1", self._port)


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
