"""From the columns of a log to touchpoints: which column is the customer, the time, the event, the revenue."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from processors.decoding import UnreadableError
from processors.instants import instant_of
from processors.measures import number_of
from schemas.rejected import RejectionCode
from streams.replay.rows import LogFileError


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

    @property
    def said(self) -> tuple[str | None, ...]:
        """What tells this reading of a file from another."""
        return self.customer, self.time, self.event, self.event_name, self.revenue

    def touchpoints(self, row: Mapping[str, Any], message_id: str) -> list[dict[str, Any]]:
        """One row in Segment's words.

        Raises:
            UnreadableError: if its time is no date, or its revenue no money.
        """
        named = {self.customer, self.time, self.event, self.revenue}
        properties = {
            name: value for name, value in row.items() if name and name not in named and value not in (None, "")
        }
        if self.revenue is not None:
            properties["revenue"] = _revenue(row.get(self.revenue), self.revenue)
        return [
            {
                "type": "track",
                "event": str(row.get(self.event) or "").strip() if self.event else self.event_name,
                "userId": str(row.get(self.customer) or "").strip(),
                "messageId": message_id,
                "timestamp": instant_of(row.get(self.time), self.time).isoformat(),
                "properties": properties,
            }
        ]


def _revenue(value: Any, column: str) -> float | None:
    if value in (None, ""):
        return None
    amount = number_of(value)
    if amount is None:
        raise UnreadableError(RejectionCode.INVALID, f"{value!r} is no amount of money: write 12.50", column)
    return amount
