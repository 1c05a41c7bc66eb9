"""From the columns of a log to touchpoints: which column is the customer, the time, the event, the revenue."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from processors.decoding import UnreadableError, decode
from processors.measures import number_of
from processors.reading import dated
from schemas.rejected import RejectionCode
from streams.replay.rows import LogFileError

# Eight digits are a date, 20260131; the clock has had at least nine since 1973.
_EPOCH = re.compile(r"\d{9,14}(\.\d+)?")
_MILLISECONDS_FROM = 1e11


@dataclass(frozen=True)
class Entry:
    """One row as it goes to Kafka; `at` is epoch seconds, `row` its place in the log by time."""

    row: int
    at: float
    customer: str
    value: bytes


@dataclass(frozen=True)
class Columns:
    """How a log is to be read. Columns not named become properties of the event."""

    customer: str
    time: str
    event: str | None = None
    event_name: str | None = None
    revenue: str | None = None

    def check(self, header: Iterable[str]) -> None:
        """Raise `LogFileError` if a column named here is not in the file."""
        known = list(header)
        for option, column in (
            ("customer", self.customer),
            ("time", self.time),
            ("event", self.event),
            ("revenue", self.revenue),
        ):
            if column is not None and column not in known:
                raise LogFileError(f"--{option} {column}: no such column; the file has {', '.join(known)}")

    def touchpoint(self, row: Mapping[str, Any], message_id: str, received: float) -> tuple[str, float, bytes]:
        """Customer, time and Segment-style JSON of one row.

        Raises:
            UnreadableError: if the row makes no touchpoint; `received` is the time now, which no row may lie after.
        """
        named = {self.customer, self.time, self.event, self.revenue}
        properties = {
            name: value for name, value in row.items() if name and name not in named and value not in (None, "")
        }
        if self.revenue is not None:
            properties["revenue"] = _revenue(row.get(self.revenue), self.revenue)
        at = _time(row.get(self.time), self.time)
        value = msgspec.json.encode(
            {
                "type": "track",
                "event": str(row.get(self.event) or "").strip() if self.event else self.event_name,
                "userId": str(row.get(self.customer) or "").strip(),
                "messageId": message_id,
                "timestamp": at.isoformat(),
                "properties": properties,
            }
        )
        touchpoint = decode(value)
        return touchpoint.customer, dated(touchpoint, received), value


def _time(value: Any, column: str) -> datetime:
    text = str(value).strip()
    try:
        if _EPOCH.fullmatch(text):
            seconds = float(text)
            return datetime.fromtimestamp(seconds / 1000 if seconds >= _MILLISECONDS_FROM else seconds, UTC)
        found = datetime.fromisoformat(text)
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError, OSError):
        raise UnreadableError(
            RejectionCode.INVALID,
            f"{text!r} is no date: write 2026-01-31, 2026-01-31T12:00:00Z or epoch seconds",
            column,
        ) from None


def _revenue(value: Any, column: str) -> float | None:
    if value in (None, ""):
        return None
    amount = number_of(value)
    if amount is None:
        raise UnreadableError(RejectionCode.INVALID, f"{value!r} is no amount of money: write 12.50", column)
    return amount
