"""A request that is refused: its status, and its reason in the form that every SDK reads."""

from typing import Any

from fastapi.responses import JSONResponse

from processors.decoding import UnreadableError
from schemas.rejected import RejectionCode

RETRY_AFTER = 5
"""Seconds that a client should wait when the broker does not acknowledge."""


class Refusal(Exception):  # noqa: N818 (it is an answer, not an error of ours)
    """An answer other than 200. `code` is for programs, `message` says what is wrong, `detail` where or what to do."""

    def __init__(self, status: int, code: str, message: str, detail: str = "") -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.detail = status, code, message, detail

    @classmethod
    def of(cls, error: UnreadableError) -> "Refusal":
        """The refusal of a whole request that cannot be read."""
        rejection = error.rejection
        status = 413 if rejection.code is RejectionCode.TOO_LARGE else 400
        return cls(status, rejection.code, rejection.message, rejection.where)

    @property
    def response(self) -> JSONResponse:
        """The answer."""
        headers: dict[str, str] = {}
        if self.status == 401:
            headers["WWW-Authenticate"] = "Basic"
        elif self.status == 503:
            headers["Retry-After"] = str(RETRY_AFTER)
        content: dict[str, Any] = {"code": self.code, "message": self.message, "detail": self.detail}
        return JSONResponse(content, self.status, headers)
