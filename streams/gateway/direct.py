"""A route that is answered without the framework: for what is asked so often that finding its route costs the most.

FastAPI asks one route after the other whether a request is its own, solves the same dependencies for each request, and
validates an answer that we have just made: most of what a look-up cost. A direct route stands before all
others and takes what is plainly its own. Anything else, like another method or what is no id, it leaves to the route of
the same path that FastAPI knows; that one gives the same answers, and is the one that is documented.
"""

import re
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import Response
from starlette.datastructures import URLPath
from starlette.requests import HTTPConnection
from starlette.routing import BaseRoute, Match, NoMatchFound
from starlette.types import Receive, Scope, Send

from streams.gateway.tokens import Guard


class Direct(BaseRoute):
    """GETs of one path, which ends in the one thing that is asked about."""

    def __init__(self, path: str, pattern: str, guard: Guard, answer: Callable[[str], Awaitable[Response]]) -> None:
        """`path` is how metrics and logs name the route, as they name the documented one; `pattern` is for the whole
        path of a request, and its group is what `answer` is given, once `guard` has let the request pass."""
        self.path = path
        self._pattern, self._guard, self._answer = re.compile(pattern), guard, answer

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Whether a request is plainly one for this route."""
        if scope["type"] != "http" or scope["method"] != "GET":
            return Match.NONE, {}
        found = self._pattern.fullmatch(scope["path"])
        if found is None:
            return Match.NONE, {}
        return Match.FULL, {"route": self, "endpoint": self._answer, "path_params": {"about": found[1]}}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer; what is raised becomes an answer where it does for all routes."""
        self._guard.check(HTTPConnection(scope))
        response = await self._answer(scope["path_params"]["about"])
        await response(scope, receive, send)

    def url_path_for(self, name: str, /, **path_params: Any) -> URLPath:
        """It has no name: the documented route has."""
        raise NoMatchFound(name, path_params)
