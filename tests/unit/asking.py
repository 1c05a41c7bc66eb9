"""Asking a dialect without a server: a request as the gateway hands it over, and what comes of it."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from starlette.datastructures import Headers, QueryParams

from schemas.settings import Settings
from streams.gateway.dialect import Asked, Reading, Route
from streams.gateway.dialects import ROUTES
from streams.gateway.erased import Erased
from streams.gateway.intake import Intake, Taken

RECEIVED = datetime.fromisoformat("2026-11-22T18:11:05+00:00").timestamp()
_SETTINGS = Settings(ip="keep")
INTAKE = Intake(_SETTINGS, None, Erased(_SETTINGS))

BY_PATH = {route.path: route for route in ROUTES}


def asked(query: bytes | str = b"", headers: Mapping[str, str] | None = None, body: bytes = b"") -> Asked:
    raw = query.encode() if isinstance(query, str) else query
    # As a server decodes them: a header is bytes, each of which is a character.
    said = Headers(raw=[(name.encode(), value.encode()) for name, value in (headers or {}).items()])
    return Asked({}, QueryParams(raw), said, body, RECEIVED)


def read(path: str, body: Any = b"", query: str = "", headers: Mapping[str, str] | None = None) -> Reading:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return BY_PATH[path].read(asked(query, headers, content))


def take(path: str, body: Any = b"", query: str = "", headers: Mapping[str, str] | None = None) -> Taken:
    return INTAKE.take(read(path, body, query, headers).events, RECEIVED)


def told(path: str, body: Any = b"", query: str = "", headers: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
    """The touchpoints of a request of which nothing is refused."""
    taken = take(path, body, query, headers)
    assert not taken.refused
    return [json.loads(event.value) for event in taken.accepted]


def route(path: str) -> Route:
    return BY_PATH[path]
