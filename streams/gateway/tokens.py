"""Tokens: who may read what Ebbflow knows, and who may change it. Write keys open neither.

A route asks for one by a dependency: `Depends(reader)`, `Depends(member)` or `Depends(admin)`; each gives the token's
name. Who may do more may do the lesser, too. They are coroutines although they wait for nothing: FastAPI runs a plain
function in a thread, and beside a busy worker a request would wait for its turn on a processor twice more.
"""

from collections.abc import Sequence
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from schemas.credentials import Credential, credentials
from schemas.settings import Settings
from streams.gateway.keys import name_of
from streams.gateway.refusal import Refusal

_READ = HTTPBearer(auto_error=False, scheme_name="readToken", description="One of EBBFLOW_READ_TOKENS, or an admin's.")
_TEAM = HTTPBearer(auto_error=False, scheme_name="teamToken", description="One of EBBFLOW_TEAM_TOKENS, or an admin's.")
_ADMIN = HTTPBearer(auto_error=False, scheme_name="adminToken", description="One of EBBFLOW_ADMIN_TOKENS.")
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


async def reader(request: Request, bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_READ)]) -> str:
    """Lets those pass who may read, by name."""
    return _tokens(request).may_read(bearer.credentials if bearer else None)


async def member(request: Request, bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_TEAM)]) -> str:
    """Lets those pass who may say what becomes of alerts, by name."""
    return _tokens(request).may_handle(bearer.credentials if bearer else None)


async def admin(request: Request, bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_ADMIN)]) -> str:
    """Lets admins pass, by name."""
    return _tokens(request).may_administer(bearer.credentials if bearer else None)


def _tokens(request: Request) -> Tokens:
    tokens: Tokens = request.app.state.tokens
    return tokens
