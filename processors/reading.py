"""From bytes to a touch: check, date and classify one record. The gateway and the worker read with the same eyes."""

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

import msgspec
from pydantic import ValidationError

from processors.kinds import KindRules
from processors.measures import money_of, rating_of
from schemas.kinds import Kind
from schemas.rejected import Rejection, RejectionCode
from schemas.touch import Feed, Touch
from schemas.touchpoint import Touchpoint

MAX_BYTES = 32 * 1024
MAX_DEPTH = 16
FUTURE_TOLERANCE = 300.0
"""Seconds by which a client's clock may run ahead before its touchpoint is refused rather than dated now."""
MAX_TRAITS = 16
MAX_TRAIT_LENGTH = 120
MAX_TRAIT_BITS = 64
"""JSON knows no largest number; a profile does."""

_CHANNELS = ("web", "mobile", "server", "email", "phone", "social", "survey", "crm", "store", "chat")


class UnreadableError(ValueError):
    """A record that is no touchpoint; `rejection` says why."""

    def __init__(self, code: RejectionCode, message: str, where: str = "") -> None:
        super().__init__(message)
        self.rejection = Rejection(code=code, message=message, where=where)


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
    # Brackets bound the depth, and counting them is cheaper than walking.
    if raw.count(b"{") + raw.count(b"[") > MAX_DEPTH and _depth(found) > MAX_DEPTH:
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


def read(
    raw: bytes, received: float, rules: KindRules, partition: int = -1, offset: int = -1, feed: Feed | None = None
) -> Touch:
    """Read one record of the touchpoints topic.

    `received` is the record's own time in epoch seconds: a touchpoint is never dated after it, and it is the date of
    one that has none. The same record always reads the same.

    Raises:
        UnreadableError: as `decode`, or if it is dated more than `FUTURE_TOLERANCE` seconds after it was received.
    """
    return touch_of(decode(raw), received, rules, partition, offset, feed)


def touch_of(
    touchpoint: Touchpoint,
    received: float,
    rules: KindRules,
    partition: int = -1,
    offset: int = -1,
    feed: Feed | None = None,
) -> Touch:
    """What the fold needs of a touchpoint; raises `UnreadableError` if it lies in the future."""
    name = touchpoint.event or touchpoint.name or touchpoint.type
    kind = rules.classify(touchpoint.type, touchpoint.event or "")
    properties, context = touchpoint.properties or {}, touchpoint.context or {}
    amount, currency = money_of(properties) if kind is Kind.PURCHASE else (None, "")
    return Touch(
        customer=touchpoint.customer,
        at=dated(touchpoint, received),
        name=name,
        kind=kind,
        digest=_digest(touchpoint.message_id),
        channel=_channel(context, touchpoint.type),
        amount=amount,
        currency=currency,
        rating=rating_of(name, properties) if kind is Kind.FEEDBACK else None,
        traits=_traits(touchpoint, context),
        feed=feed,
        partition=partition,
        offset=offset,
    )


def dated(touchpoint: Touchpoint, received: float) -> float:
    """When it happened, in epoch seconds to the millisecond; raises `UnreadableError` if that lies in the future."""
    if touchpoint.timestamp is None:
        return round(received, 3)
    at = touchpoint.timestamp.timestamp()
    if at > received + FUTURE_TOLERANCE:
        raise UnreadableError(
            RejectionCode.IN_THE_FUTURE,
            f"timestamp {touchpoint.timestamp.isoformat()} lies in the future: check the sender's clock",
            "timestamp",
        )
    return round(min(at, received), 3)


def _digest(message_id: str | None) -> str:
    return blake2b(message_id.encode(), digest_size=8).hexdigest() if message_id else ""


def _channel(context: Mapping[str, Any], type_: str) -> str:
    """Where the customer was met: said outright, or told by the kind of call and the library."""
    said = context.get("channel")
    if isinstance(said, str) and said.lower() in _CHANNELS:
        return said.lower()
    if type_ == "screen" or "device" in context or "app" in context:
        return "mobile"
    return "web" if type_ == "page" or "page" in context else "server"


def _traits(touchpoint: Touchpoint, context: Mapping[str, Any]) -> dict[str, str | int | float | bool] | None:
    found = touchpoint.traits or context.get("traits")
    if not isinstance(found, dict):
        return None
    kept: dict[str, str | int | float | bool] = {}
    for name, value in found.items():
        if isinstance(value, str):
            kept[name[:MAX_TRAIT_LENGTH]] = value[:MAX_TRAIT_LENGTH]
        elif isinstance(value, bool | float) or (isinstance(value, int) and value.bit_length() < MAX_TRAIT_BITS):
            kept[name[:MAX_TRAIT_LENGTH]] = value
        if len(kept) == MAX_TRAITS:
            break
    return kept or None


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
