"""The body of a request, whole and bounded: never more in memory than the cap, before and after inflation."""

import asyncio
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from fastapi import Request
from starlette.requests import ClientDisconnect

from streams.gateway.refusal import Refusal

MAX_BODY = 4 * 1024 * 1024
"""Bytes of a body, inflated: RudderStack's SDKs send batches as large as that, others up to 512,000 bytes."""
MAX_HELD = 128 * 1024 * 1024
"""Bytes of large bodies that are held at once; their small parts are bounded by how many requests there are."""

_SMALL = 64 * 1024
_GZIP = b"\x1f\x8b"
_GZIP_WINDOW = 31


class Bodies:
    """Reads bodies, each of which may take so long to arrive, and holds no more of them than there is room for."""

    def __init__(self, patience: timedelta) -> None:
        self._patience = patience.total_seconds()
        self._held = 0

    @asynccontextmanager
    async def of(self, request: Request) -> AsyncIterator[bytes]:
        """The body, inflated when it is gzip, whatever the headers say of it; held for as long as the block lasts.

        Raises:
            Refusal: if it is too large, comes too slowly, breaks off, or is compressed in another way.
        """
        _check_head(request)
        body, held = b"", 0
        try:
            try:
                async with asyncio.timeout(self._patience):
                    arrived = bytearray()
                    async for chunk in request.stream():
                        arrived += chunk
                        if len(arrived) > MAX_BODY:
                            raise _too_large()
                        held = self._hold(len(arrived), held)
            except TimeoutError:
                raise Refusal(408, "too_slow", f"the body did not arrive within {self._patience:g} s") from None
            except ClientDisconnect:
                raise Refusal(400, "broken_off", "the body broke off") from None
            body = bytes(arrived)
            if body.startswith(_GZIP):
                body = inflate(body)
                held = self._hold(len(body), held)
            yield body
        finally:
            self._hold(0, held)

    def _hold(self, size: int, before: int) -> int:
        """Hold a body of this size, of which so much was held before; what is held of it now."""
        held = max(size - _SMALL, 0)
        if held > before and self._held + held - before > MAX_HELD:
            raise Refusal(503, "busy", "too many large bodies are under way", "nothing is confirmed: send it again")
        self._held += held - before
        return held


def _check_head(request: Request) -> None:
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip", "x-gzip", ""):
        raise Refusal(415, "unsupported_encoding", f"Content-Encoding {encoding[:40]!r} is not understood", "use gzip")
    declared = request.headers.get("content-length", "")
    # The parser takes no length that does not fit into 64 bits.
    if declared.isdecimal() and int(declared) > MAX_BODY:
        raise _too_large()


def inflate(packed: bytes) -> bytes:
    """The content of a gzip stream, of which no more than the cap is ever unpacked."""
    inflater = zlib.decompressobj(_GZIP_WINDOW)
    try:
        body = inflater.decompress(packed, MAX_BODY + 1)
    except zlib.error:
        raise Refusal(400, "not_gzip", "the body begins like gzip and is broken") from None
    if len(body) > MAX_BODY:
        raise _too_large()
    if not inflater.eof or inflater.unused_data:
        raise Refusal(400, "not_gzip", "the body is not one whole gzip stream")
    return body


def _too_large() -> Refusal:
    return Refusal(413, "too_large", f"a body has at most {MAX_BODY} bytes, also when unpacked", "send smaller batches")
