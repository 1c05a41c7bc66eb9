"""A log in the order of time. Stream time only moves forward, so a file sorted otherwise is sorted first."""

import time
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from processors.decoding import UnreadableError
from schemas.rejected import Rejected
from streams.replay.columns import Columns, Entry
from streams.replay.rows import LogFileError, fingerprint, read_rows


class Log:
    """A file read whole: its `entries` by time, and the rows that make no touchpoint, each with the reason.

    `feed` names the content: replayed twice, its rows are recognised.
    """

    def __init__(self, path: Path, columns: Columns) -> None:
        self.feed = fingerprint(
            path, columns.customer, columns.time, columns.event, columns.event_name, columns.revenue
        )
        self.entries: list[Entry] = []
        self.refused: list[Rejected] = []
        found: list[tuple[float, str, bytes]] = []
        for number, row in enumerate(_checked(path, columns), 1):
            try:
                customer, at, value = columns.touchpoint(row, f"{self.feed}:{number}", time.time())
            except UnreadableError as error:
                self.refused.append(_rejected(row, number, path, error))
            else:
                found.append((at, customer, value))
        # A stable sort: rows of the same time stay in the order of the file.
        found.sort(key=lambda entry: entry[0])
        self.entries = [Entry(place, *entry) for place, entry in enumerate(found)]


def _checked(path: Path, columns: Columns) -> Iterator[dict[str, Any]]:
    rows = read_rows(path)
    first = next(rows, None)
    if first is None:
        raise LogFileError(f"{path.name}: the file has no rows")
    columns.check(name for name in first if name)
    yield first
    yield from rows


def _rejected(row: dict[str, Any], number: int, path: Path, error: UnreadableError) -> Rejected:
    message = f"{path.name}, row {number}: {error.rejection.message}"
    return Rejected(
        rejection=error.rejection.model_copy(update={"message": message}),
        source="replay",
        at=datetime.now(UTC),
        original=b64encode(msgspec.json.encode({str(name): value for name, value in row.items()})),
    )
