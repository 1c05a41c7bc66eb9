"""A connection that does not wait for ever: uvicorn's bounds neither how long a client takes nor how large a head is.

Bodies are bounded where they are read. What is bounded here is everything around them: a head that never ends, chunks
and trailers without end, an answer that nobody reads, and more connections than there is room for.
"""

import asyncio
import json
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from streams.gateway.metrics import GatewayMetrics
from streams.gateway.refusal import Refusal

ENDLESS = "ebbflow.endless"
"""Marks the scope of a request whose answer has no end."""
MAX_HEAD = 64 * 1024
"""Bytes of a request beside its body; what comes with one read is let pass."""
MAX_CONNECTIONS = 1_000
MAX_IN_LINE = 100
"""Requests that a client may send on one connection before the first of them is answered."""

_LEAVES_WITHIN = 2.0
"""Seconds that a refused client has to read why."""
_LATER = 3.0
"""Seconds after which a body is given up here: where it is read it is refused first, in words."""


class Connection(HttpToolsProtocol):
    """One client's connection; `patience` is how long it may take over each thing. One that is refused or cut here is
    no request that any route has seen, so it is counted here."""

    def __init__(self, *given: Any, patience: timedelta, metrics: GatewayMetrics, **more: Any) -> None:
        super().__init__(*given, **more)
        self._patience, self._metrics = patience.total_seconds(), metrics
        self._message, self._part = 0, ""
        self._extra, self._content, self._began = 0, 0, False
        self._watched: tuple[int, str] = (0, "")
        self._limit: asyncio.TimerHandle | None = None
        self._unread: asyncio.TimerHandle | None = None
        self._refused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for a first request, if there is room."""
        super().connection_made(transport)  # type: ignore[arg-type]
        if len(self.connections) > MAX_CONNECTIONS:
            self._refuse(Refusal(503, "busy", "too many connections", "try again soon"))
        else:
            self._expect("head")

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget every wait."""
        self._expect("")
        self.resume_writing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on, and see what is to be waited for next."""
        if self._refused:
            return
        self._part = self._part or "head"
        self._began, self._content = False, 0
        super().data_received(data)
        if not self._began:
            self._extra += len(data) - self._content
        if len(self.pipeline) > MAX_IN_LINE:
            self._cut("pipelining")
        elif self._extra > MAX_HEAD and not self._refused:
            self._refuse(Refusal(431, "head_too_large", f"beside its body, a request has at most {MAX_HEAD} bytes"))
        self._expect("" if self._refused else self._part)

    def on_message_begin(self) -> None:
        """A request begins."""
        self._message += 1
        self._part, self._began, self._extra = "head", True, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Its head is whole."""
        self._part = "body"
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """More of its body is here."""
        self._content += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """All of it is here: it is our turn."""
        self._part = ""
        super().on_message_complete()

    def pause_writing(self) -> None:
        """The client does not read what it is answered."""
        super().pause_writing()
        self._unread = self.loop.call_later(self._patience, self._cut, "unread")

    def resume_writing(self) -> None:
        """It does."""
        super().resume_writing()
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def shutdown(self) -> None:
        """The server ends. What has begun is answered first, unless the answer has no end."""
        if self.cycle is not None and self.cycle.scope.get(ENDLESS):
            self.transport.close()
        else:
            super().shutdown()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP."""
        self._refuse(Refusal(400, "not_http", msg, "the request's head or its chunks are malformed"))

    def _expect(self, part: str) -> None:
        """Give the client its time for this part of this message; none for no part."""
        if (self._message, part) == self._watched:
            return
        self._watched = (self._message, part)
        if self._limit is not None:
            self._limit.cancel()
            self._limit = None
        if part == "head":
            self._limit = self.loop.call_later(self._patience, self._give_up)
        elif part == "body":
            self._limit = self.loop.call_later(self._patience + _LATER, self._cut, "too_slow")

    def _give_up(self) -> None:
        self._refuse(Refusal(408, "too_slow", f"the head did not arrive within {self._patience:g} s"))

    def _cut(self, reason: str) -> None:
        self._end(reason)
        self.transport.abort()

    def _end(self, reason: str) -> None:
        """Read no more, and let nothing more be answered; counted once, whatever else its end brings."""
        if not self._refused:
            self._metrics.connections.labels(reason).inc()
        self._refused = True
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True
            self.cycle.message_event.set()

    def _refuse(self, refusal: Refusal) -> None:
        """Answer at once, and let the client read it: to close on what it still sends would take it away again."""
        cycle = self.cycle
        under_way = cycle is not None and not cycle.response_complete
        if self.transport.is_closing() or self.pipeline or (under_way and cycle.response_started):
            # Another answer is on its way: this one would be taken for it.
            self._cut(refusal.code)
            return
        self._end(refusal.code)
        self._expect("")
        self._unset_keepalive_if_required()
        body = json.dumps(refusal.content).encode()
        headers = {
            **refusal.headers,
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            "Connection": "close",
        }
        head = [STATUS_LINE[refusal.status]]
        head += [b"%s: %s\r\n" % (name, value) for name, value in self.server_state.default_headers]
        head += [f"{name}: {value}\r\n".encode() for name, value in headers.items()]
        self.transport.write(b"".join(head) + b"\r\n" + body)
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.loop.call_later(_LEAVES_WITHIN, self.transport.abort)


def connections(patience: timedelta, metrics: GatewayMetrics) -> Callable[..., Connection]:
    """What makes the connections of a server."""
    return partial(Connection, patience=patience, metrics=metrics)
