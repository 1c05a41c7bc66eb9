"""Dates as exports write them."""

import re
from datetime import UTC, datetime
from typing import Any

from processors.decoding import UnreadableError
from schemas.rejected import RejectionCode

# Eight digits are a date, 20260131; the clock has had at least nine since 1973.
_EPOCH = re.compile(r"\d{9,14}(\.\d+)?")
_MILLISECONDS_FROM = 1e11
# `2026-01-31 12:00:00 +0100`: the space before the zone is in no standard, and in many files.
_SPACED_ZONE = re.compile(r"\s+(?=[+-]\d\d:?\d\d$)")


def instant_of(value: Any, where: str) -> datetime:
    """A date of ISO 8601 or of the epoch, in seconds or milliseconds; UTC unless it says otherwise.

    >>> instant_of("2026-01-31 12:00:00 +0100", "Created at").isoformat()
    '2026-01-31T12:00:00+01:00'

    Raises:
        UnreadableError: if it is none; `where` names its field.
    """
    text = str(value).strip()
    try:
        if _EPOCH.fullmatch(text):
            seconds = float(text)
            return datetime.fromtimestamp(seconds / 1000 if seconds >= _MILLISECONDS_FROM else seconds, UTC)
        found = datetime.fromisoformat(_SPACED_ZONE.sub("", text.removesuffix(" UTC")))
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError, OSError):
        raise UnreadableError(
            RejectionCode.INVALID,
            f"{text[:80]!r} is no date: write 2026-01-31, 2026-01-31T12:00:00Z or epoch seconds",
            where,
        ) from None
