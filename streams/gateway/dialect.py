"""What a dialect is: the requests of one kind of client, and how touchpoints are read from them.

A dialect is one module in `streams.gateway.dialects`, found there by itself. It lists `ROUTES`, and maybe `PAGES`,
which its clients ask for before they send anything.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from fastapi import Response
from fastapi.responses import JSONResponse

from schemas.rejected import Rejection, RejectionCode
from streams.gateway.refusal import Refusal


@dataclass(frozen=True)
class Asked:
    """A request. `parameters` are those of its path, header names are in lower case, the body is whole and inflated;
    `received` is when it came, in epoch seconds; `url` is what was called, as far as we see."""

    parameters: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    received: float
    url: str = ""


@dataclass(frozen=True)
class Told:
    """One event, in Segment's words, as a touchpoint travels; its dates are still the client's.

    `sent` is when the client says it sent it, in epoch seconds by its own clock; `original` is the event as it came.
    """

    event: dict[str, Any]
    original: bytes
    sent: float | None = None


@dataclass(frozen=True)
class Unread:
    """An event that cannot be read: why, and as it came. `type` is its type, if that much could be read."""

    rejection: Rejection
    original: bytes
    type: str = "unknown"


@dataclass(frozen=True)
class Reading:
    """What a request says: its events in order, read one by one as they are asked for, and the write key if it is
    in the body or the path."""

    events: Iterable[Told | Unread]
    key: str | None = None


@dataclass(frozen=True)
class Refused:
    """An event that is not taken in: where it stands in its request, its type, and why."""

    index: int
    type: str
    rejection: Rejection
    original: bytes


def succeed(refused: Iterable[Refused]) -> Response:
    """200 as Segment answers, which names the events that were refused."""
    return JSONResponse({"success": True, **rejected(refused)})


def rejected(refused: Iterable[Refused]) -> dict[str, Any]:
    """What an answer says of events that were refused; nothing if there are none."""
    found = [{"index": event.index, **event.rejection.model_dump(mode="json")} for event in refused]
    return {"rejected": found} if found else {}


_REJECTION = {
    "index": {"type": "integer", "description": "Where the event stands in its request."},
    "code": {"enum": list(RejectionCode)},
    "message": {"type": "string", "description": "What is wrong, and what would be right."},
    "where": {"type": "string", "description": "The field at fault, as a path: `properties.revenue`."},
}
REJECTED = {"type": "array", "items": {"type": "object", "required": list(_REJECTION), "properties": _REJECTION}}
"""What OpenAPI says of the events that were refused."""


def answered(words: str, media: str, schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """What OpenAPI says of an answer with 200."""
    return {"200": {"description": words, "content": {media: {"schema": schema}}}}


SUCCESS = answered(
    "What could be read is in the log; events that were refused are named.",
    "application/json",
    {"type": "object", "required": ["success"], "properties": {"success": {"const": True}, "rejected": REJECTED}},
)


def refuse(refusal: Refusal) -> Response:
    """The answer to a request that is refused, as most clients read it."""
    return refusal.response


@dataclass(frozen=True)
class Route:
    """Where a client sends its events.

    `read` raises `UnreadableError` if it is the request itself that cannot be read. Where `alone`, a request is one
    event, and is answered with 400 if that is refused. `answer` is for requests that were taken in, `refuse` for those
    that were not. `body` is what OpenAPI says of the body: schemas by media type; `answers`, what it says of `answer`.

    `authenticate` is for requests that prove in another way than by a write key who sends them: it gives the sender's
    name, or raises `Refusal`.
    """

    path: str
    read: Callable[[Asked], Reading]
    summary: str
    alone: bool = False
    method: str = "POST"
    answer: Callable[[Iterable[Refused]], Response] = succeed
    refuse: Callable[[Refusal], Response] = refuse
    body: Mapping[str, Any] = field(default_factory=dict)
    answers: Mapping[str, Any] = field(default_factory=lambda: SUCCESS)
    parameters: tuple[Mapping[str, Any], ...] = ()
    authenticate: Callable[[Asked], str] | None = None


@dataclass(frozen=True)
class Page:
    """What a client asks for before it sends anything, with its write key: `key` finds it, `answer` is told it."""

    path: str
    key: Callable[[Asked], str | None]
    answer: Callable[[Asked, str], Any]
    summary: str
