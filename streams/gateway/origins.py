"""Which web pages may speak to the gateway: those of the origins in the settings, and its own."""

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from schemas.settings import Settings
from streams.gateway.refusal import Refusal

_MAX_AGE = 86_400
"""Seconds that a browser need not ask again; most forget sooner."""


class Origins(CORSMiddleware):
    """Answers browsers that ask first, tells them what they may see, and refuses pages of other origins (403).

    What is no browser names no origin, and passes.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        super().__init__(
            app,
            allow_origins=settings.origins,
            allow_methods=("GET", "POST", "DELETE"),
            allow_headers=("*",),
            expose_headers=("Retry-After",),
            max_age=_MAX_AGE,
        )

    async def simple_response(self, scope: Scope, receive: Receive, send: Send, request_headers: Headers) -> None:
        """Pass a request on, unless it comes from a page that may not send any."""
        origin = request_headers.get("origin")
        if origin is None or self.is_allowed_origin(origin) or _is_own(origin, request_headers):
            await super().simple_response(scope, receive, send, request_headers)
        else:
            await _not_allowed()(scope, receive, send)

    def preflight_response(self, request_headers: Headers) -> Response:
        """The answer to a browser that asks whether a page may send something."""
        answer = super().preflight_response(request_headers)
        return answer if answer.status_code == 200 else _not_allowed()


def _is_own(origin: str, headers: Headers) -> bool:
    # Without the scheme, which a proxy before us may have changed.
    try:
        return urlsplit(origin).netloc.lower() == headers.get("host", "").lower() != ""
    except ValueError:
        return False


def _not_allowed() -> Response:
    return Refusal(
        403,
        "origin_not_allowed",
        "pages of this origin may not send this here",
        "add the origin to EBBFLOW_ALLOWED_ORIGINS",
        {"Vary": "Origin"},
    ).response
