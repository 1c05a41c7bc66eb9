"""A request that is refused: its status, and its reason in the form that every SDK reads."""

from collections.abc import Mapping

from fastapi.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from processors.decoding import UnreadableError
from schemas.rejected import RejectionCode

RETRY_AFTER = 5
"""Seconds that a client should wait when the broker does not acknowledge."""

REFUSED = "ebbflow.refused"
"""In the scope of a request that was refused: the code of its refusal."""

_ASKED_FOR = {401: {"WWW-Authenticate": "Basic"}, 503: {"Retry-After": str(RETRY_AFTER)}}


class Refusal(Exception):  # noqa: N818 (it is an answer, not an error of ours)
    """An answer other than 200. `code` is for programs, `message` says what is wrong, `detail` where or what to do.
    `headers` are those beyond what its status asks for."""

    def __init__(
        self, status: int, code: str, message: str, detail: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.detail = status, code, message, detail
        self.headers = {**_ASKED_FOR.get(status, {}), **(headers or {})}

    @classmethod
    def of(cls, error: UnreadableError) -> "Refusal":
        """The refusal of a whole request that cannot be read."""
        rejection = error.rejection
        status = 413 if rejection.code is RejectionCode.TOO_LARGE else 400
        return cls(status, rejection.code, rejection.message, rejection.where)

    @property
    def content(self) -> dict[str, str]:
        """What it says, as JSON."""
        return {"code": self.code, "message": self.message, "detail": self.detail}

    @property
    def response(self) -> JSONResponse:
        """The answer."""
        return _Answer(self)


class _Answer(JSONResponse):
    """Notes with the request why it was refused, wherever that was."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.content, refusal.status, refusal.headers)
        self._code = refusal.code

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope[REFUSED] = self._code
        await super().__call__(scope, receive, send)
