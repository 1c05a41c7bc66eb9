"""The body of a request, whole and bounded: never more in memory than the cap, before and after inflation."""

import asyncio
import zlib

from fastapi import Request
from starlette.requests import ClientDisconnect

from streams.gateway.refusal import Refusal

MAX_BODY = 512_000
"""Bytes of a body, inflated. Room for a full batch of any SDK."""
_READ_WITHIN = 30.0
_GZIP = b"\x1f\x8b"
_GZIP_WINDOW = 31


async def read_body(request: Request) -> bytes:
    """The body, inflated when it is gzip, whatever the headers say of it.

    Raises:
        Refusal: if it is too large, comes too slowly, breaks off, or is compressed in another way.
    """
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip", "x-gzip", ""):
        raise Refusal(415, "unsupported_encoding", f"Content-Encoding {encoding[:40]!r} is not understood", "use gzip")
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > MAX_BODY:
        raise _too_large()
    body = bytearray()
    try:
        async with asyncio.timeout(_READ_WITHIN):
            async for chunk in request.stream():
                body += chunk
                if len(body) > MAX_BODY:
                    raise _too_large()
    except TimeoutError:
        raise Refusal(408, "too_slow", f"the body did not arrive within {_READ_WITHIN:g} s") from None
    except ClientDisconnect:
        raise Refusal(400, "broken_off", "the body broke off") from None
    return inflate(bytes(body)) if body.startswith(_GZIP) else bytes(body)


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
