"""Tokens: who may read what Ebbflow knows, and who may change it. Write keys open neither.

A route asks for one by a dependency: `Depends(reader)`, `Depends(member)` or `Depends(admin)`; each gives the token's
name. Who may do more may do the lesser, too.
"""

from collections.abc import Callable, Sequence

from fastapi import Request
from fastapi.security import HTTPBearer
from fastapi.security.utils import get_authorization_scheme_param
from starlette.requests import HTTPConnection

from schemas.credentials import Credential, credentials
from schemas.settings import Settings
from streams.gateway.keys import name_of
from streams.gateway.refusal import Refusal

_BEARER = {"WWW-Authenticate": "Bearer"}


class Tokens:
    """The tokens of this installation. They are compared in constant time, and never logged."""

    def __init__(self, settings: Settings) -> None:
        self._readers = credentials(settings.read_tokens)
        self._team = credentials(settings.team_tokens)
        self._admins = credentials(settings.admin_tokens)

    def may_read(self, presented: str | None) -> str:
        """The name of a token that may read; raises `Refusal` (401 or 403) if it may not."""
        known = [*self._readers, *self._team, *self._admins]
        if not known:
            raise _nobody("reads", "READ")
        return self._name(presented, known)

    def may_handle(self, presented: str | None) -> str:
        """The name of a token that may say what becomes of alerts; raises `Refusal` (401 or 403) if it may not."""
        known = [*self._team, *self._admins]
        if not known:
            raise _nobody("handles alerts", "TEAM")
        self._refuse_lesser(presented, self._readers, "may only read", "TEAM")
        return self._name(presented, known)

    def may_administer(self, presented: str | None) -> str:
        """The name of an admin's token; raises `Refusal` (401 or 403) if it is none."""
        if not self._admins:
            raise _nobody("exports or erases", "ADMIN")
        self._refuse_lesser(presented, [*self._readers, *self._team], "may neither export nor erase", "ADMIN")
        return self._name(presented, self._admins)

    def _refuse_lesser(self, presented: str | None, known: Sequence[Credential], may: str, kind: str) -> None:
        if presented and name_of(presented, known) is not None:
            raise Refusal(403, "forbidden", f"this token {may}", f"use one of EBBFLOW_{kind}_TOKENS")

    def _name(self, presented: str | None, known: Sequence[Credential]) -> str:
        if not presented:
            raise Refusal(401, "unauthorized", "a token is missing", "send it as Authorization: Bearer", _BEARER)
        name = name_of(presented, known)
        if name is None:
            raise Refusal(401, "unauthorized", "the token is not one of this gateway's", headers=_BEARER)
        return name


def _nobody(does: str, kind: str) -> Refusal:
    setting = f"EBBFLOW_{kind}_TOKENS"
    return Refusal(403, "forbidden", f"nobody {does} here: no token is configured", f"set {setting} for the gateway")


class Guard(HTTPBearer):
    """A dependency that lets those pass who may, by name. FastAPI solves what a dependency depends on anew for every
    request, so this one is the scheme of the documents and the check at once."""

    def __init__(self, kind: str, description: str, may: Callable[[Tokens, str | None], str]) -> None:
        super().__init__(auto_error=False, scheme_name=f"{kind}Token", description=description)
        self._may = may

    # A coroutine although it waits for nothing: FastAPI runs a plain function in a thread, and beside a busy worker a
    # request would wait for its turn on a processor twice more.
    async def __call__(self, request: Request) -> str:  # type: ignore[override]
        return self.check(request)

    def check(self, request: HTTPConnection) -> str:
        """The name of the token that a request shows; raises `Refusal` if it may not pass."""
        scheme, token = get_authorization_scheme_param(request.headers.get("authorization"))
        return self._may(_tokens(request), token if scheme.lower() == "bearer" else None)


reader = Guard("read", "One of EBBFLOW_READ_TOKENS, or an admin's.", Tokens.may_read)
member = Guard("team", "One of EBBFLOW_TEAM_TOKENS, or an admin's.", Tokens.may_handle)
admin = Guard("admin", "One of EBBFLOW_ADMIN_TOKENS.", Tokens.may_administer)


def _tokens(request: HTTPConnection) -> Tokens:
    tokens: Tokens = request.app.state.tokens
    return tokens
