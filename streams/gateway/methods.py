"""A method that a path does not take: the refusal names those that it does."""

from fastapi import Request
from starlette.routing import Match

from streams.gateway.refusal import Refusal

_METHODS = ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT")


def not_allowed(request: Request) -> Refusal:
    """The answer, 405. The routes are asked again: a path may have several, of which the framework names the first."""
    taken = ", ".join(method for method in _METHODS if _is_taken(request, method))
    return Refusal(405, "method_not_allowed", "this path does not take that method", f"use {taken}", {"Allow": taken})


def _is_taken(request: Request, method: str) -> bool:
    scope = {**request.scope, "method": method}
    return any(route.matches(scope)[0] is Match.FULL for route in request.app.routes)
