"""The picture of one invisible pixel, for clients that ask for an image to say something."""

from typing import Any

from fastapi import Response

from streams.gateway.dialect import answered

_GIF = (
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00"
    b",\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
)


PICTURE = answered("A picture.", "image/gif", {"type": "string", "format": "binary"})
"""What OpenAPI says of it."""


def picture(_: Any) -> Response:
    """The pixel, which no mail program and no proxy should keep: a second look is a second request."""
    headers = {"Cache-Control": "no-store, no-cache, must-revalidate, private", "Pragma": "no-cache", "Expires": "0"}
    return Response(_GIF, media_type="image/gif", headers=headers)
