"""From bytes to a checked touchpoint, or to the reason why it is none."""

from collections.abc import Mapping
from typing import Any

import msgspec
from pydantic import ValidationError

from schemas.rejected import Rejection, RejectionCode
from schemas.touchpoint import Touchpoint

MAX_BYTES = 32 * 1024
MAX_DEPTH = 16


class UnreadableError(ValueError):
    """A record that is no touchpoint; `rejection` says why."""

    def __init__(self, code: RejectionCode, message: str, where: str = "") -> None:
        super().__init__(message)
        self.rejection = Rejection(code=code, message=message, where=where)

    @classmethod
    def because(cls, rejection: Rejection) -> "UnreadableError":
        """The error for a rejection that is known already."""
        return cls(rejection.code, rejection.message, rejection.where)


def decode(raw: bytes) -> Touchpoint:
    """Parse and check one touchpoint as it came.

    Raises:
        UnreadableError: if it is not JSON, not an object, too large, too deep, or not a touchpoint.
    """
    return check(parse(raw))


def parse(raw: bytes) -> dict[str, Any]:
    """One JSON object of bearable size and depth, whatever it says.

    Raises:
        UnreadableError: if it is not JSON, not an object, too large or too deep.
    """
    if len(raw) > MAX_BYTES:
        raise UnreadableError(RejectionCode.TOO_LARGE, f"{len(raw)} bytes; a touchpoint has at most {MAX_BYTES}")
    try:
        found = msgspec.json.decode(raw)
    except RecursionError:
        raise _too_deep() from None
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise UnreadableError(RejectionCode.NOT_JSON, f"not JSON: {error}") from None
    if not isinstance(found, dict):
        raise UnreadableError(RejectionCode.NOT_AN_OBJECT, "a touchpoint is a JSON object: {...}")
    if not is_surely_shallow(raw) and _depth(found) > MAX_DEPTH:
        raise _too_deep()
    return found


def check(found: Mapping[str, Any]) -> Touchpoint:
    """The touchpoint that a parsed object is; raises `UnreadableError` if it is none, and says what is wrong where."""
    try:
        return Touchpoint.model_validate(found)
    except ValidationError as error:
        problem = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(str(part) for part in problem["loc"])
        message = problem["msg"].removeprefix("Value error, ")
        raise UnreadableError(RejectionCode.INVALID, f"{where}: {message}" if where else message, where) from None


def is_surely_shallow(raw: bytes) -> bool:
    """Whether JSON text cannot be too deep: brackets bound the depth, and counting them is cheaper than walking."""
    return raw.count(b"{") + raw.count(b"[") <= MAX_DEPTH


def _too_deep() -> UnreadableError:
    return UnreadableError(RejectionCode.TOO_DEEP, f"nested deeper than {MAX_DEPTH} levels")


def _depth(value: Any) -> int:
    """How many levels of objects and arrays; without recursion, since the depth is the sender's choice."""
    deepest, waiting = 0, [(value, 1)]
    while waiting:
        item, level = waiting.pop()
        if isinstance(item, dict | list):
            deepest = max(deepest, level)
            waiting.extend((child, level + 1) for child in (item.values() if isinstance(item, dict) else item))
    return deepest
