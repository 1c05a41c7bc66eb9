"""Correcting clients' clocks: an event happened as long before it was received as the client says it was sent after."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import TypeAdapter, ValidationError

from processors.decoding import UnreadableError
from schemas.rejected import RejectionCode

_DATE = TypeAdapter(datetime)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def happened(event: Mapping[str, Any], sent: float | None, received: float) -> float:
    """When an event happened by our clock, in epoch seconds: `received - (sent - originalTimestamp)`.

    `timestamp` stands in for a missing `originalTimestamp`. Of the two the earlier one counts: an SDK that was told
    when something happened may also say when it was told. Without `sent` the client's own date has to do, and without
    any date it happened when it was received.

    Raises:
        UnreadableError: if a date does not parse.
    """
    original = instant(event, "originalTimestamp")
    said = instant(event, "timestamp")
    if sent is None:
        by_client = said if said is not None else original
        return received if by_client is None else by_client
    by_client = min((date for date in (original, said) if date is not None), default=None)
    return received if by_client is None else received - (sent - by_client)


def instant(fields: Mapping[str, Any], name: str) -> float | None:
    """A date among some fields, in epoch seconds; UTC unless it says otherwise.

    Raises:
        UnreadableError: if it does not parse.
    """
    value = fields.get(name)
    if value is None:
        return None
    try:
        date = _DATE.validate_python(value)
    except ValidationError:
        raise UnreadableError(
            RejectionCode.INVALID, f"{name}: not a date; write it as in 2026-01-31T12:00:00.000Z", name
        ) from None
    return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()


def written(at: float) -> str:
    """Epoch seconds as they travel: ISO 8601, UTC, milliseconds.

    Raises:
        UnreadableError: if no calendar has the date.
    """
    try:
        date = _EPOCH + timedelta(milliseconds=round(at * 1000))
    except OverflowError:
        raise UnreadableError(RejectionCode.INVALID, "timestamp: outside of the calendar", "timestamp") from None
    return date.isoformat(timespec="milliseconds").replace("+00:00", "Z")
