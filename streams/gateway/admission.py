"""What is turned away before any route sees it: more requests than there is room for, and heads with two meanings."""

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from streams.gateway.refusal import Refusal

MAX_REQUESTS = 500
"""Requests under way at once."""

_ONCE = frozenset({b"authorization", b"content-encoding", b"host", b"origin", b"x-forwarded-proto"})
"""Of two of these a proxy may go by the one and we by the other."""


class Admission:
    """Answers 503 when too much is under way or when the gateway ends, and 400 if a head says one thing twice."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._under_way = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal = _ambiguous(scope) or self._full()
        if refusal is not None:
            await refusal.response(scope, receive, send)
            return
        answered = False

        async def watched(message: Message) -> None:
            nonlocal answered
            answered = True
            await send(message)

        self._under_way += 1
        try:
            await self._app(scope, receive, watched)
        except asyncio.CancelledError:
            # The server ends, and has waited long enough for the client or the broker.
            if not answered:
                ending = Refusal(503, "ending", "the gateway ends", "nothing is confirmed: send it again")
                await ending.response(scope, receive, send)
        finally:
            self._under_way -= 1

    def _full(self) -> Refusal | None:
        if self._under_way < MAX_REQUESTS:
            return None
        return Refusal(503, "busy", "too many requests are under way", "nothing is confirmed: send it again")


def _ambiguous(scope: Scope) -> Refusal | None:
    names = [name for name, _ in scope["headers"] if name in _ONCE]
    if len(names) == len(set(names)):
        return None
    twice = next(name for name in names if names.count(name) > 1)
    return Refusal(400, "ambiguous", f"the header {twice.decode()} comes twice")
