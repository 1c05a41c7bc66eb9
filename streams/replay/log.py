"""A log in the order of time. Stream time only moves forward, so a file sorted otherwise is sorted first."""

import time
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import msgspec

from processors.decoding import UnreadableError, decode
from processors.privacy import FieldRules
from processors.reading import dated
from schemas.rejected import Rejected
from streams.replay.rows import BadRow, LogFileError, Row, fingerprint, read_rows
from streams.topics import MAX_KEPT


class Reading(Protocol):
    """How the rows of a file are read."""

    @property
    def said(self) -> tuple[str | None, ...]:
        """What tells this reading of a file from another."""

    def check(self, header: Iterable[str]) -> None:
        """Raise `LogFileError` if what is to be read is not in the file."""

    def touchpoints(self, row: Mapping[str, Any], message_id: str) -> Iterable[dict[str, Any]]:
        """What a row says, in Segment's words; raises `UnreadableError` if it says nothing that can be read.
        `message_id` is for rows that have no id of their own."""


@dataclass(frozen=True)
class Entry:
    """One touchpoint as it goes to Kafka; `at` is epoch seconds, `row` its place in the log by time."""

    row: int
    at: float
    customer: str
    value: bytes


class Log:
    """A file read whole: its `entries` by time, and the rows that make no touchpoint, each with the reason.

    `feed` names the content: replayed twice, its rows are recognised. `repeated` counts the touchpoints that the file
    has more than once, of which each is one entry. What is kept of a row is under the field `rules`, if there are any.
    """

    def __init__(self, path: Path, reading: Reading, rules: FieldRules | None = None) -> None:
        self._rules = rules or FieldRules("keep")
        self.feed = fingerprint(path, *reading.said)
        self.entries: list[Entry] = []
        self.refused: list[Rejected] = []
        self.repeated = 0
        self._known: set[str] = set()
        found: list[tuple[float, str, bytes]] = []
        for row in _checked(path, reading):
            try:
                found += self._read(row, reading)
            except UnreadableError as error:
                self.refused.append(self._rejected(row, path, error))
        # A stable sort: rows of the same time stay in the order of the file.
        found.sort(key=lambda entry: entry[0])
        self.entries = [Entry(place, *entry) for place, entry in enumerate(found)]

    def _read(self, row: Row | BadRow, reading: Reading) -> list[tuple[float, str, bytes]]:
        if isinstance(row, BadRow):
            raise row.error
        place = f"{self.feed}:{row.place}"
        read = {}
        for event in reading.touchpoints(row.fields, place):
            value = msgspec.json.encode(self._rules.apply(event))
            touchpoint = decode(value)
            # No row may lie after the time now.
            read[event["messageId"]] = dated(touchpoint, time.time()), touchpoint.customer, value
        self.repeated += len(self._known.intersection(read))
        new = [entry for message_id, entry in read.items() if message_id not in self._known]
        # A place comes once, and there may be millions.
        self._known.update(message_id for message_id in read if message_id != place)
        return new

    def _rejected(self, row: Row | BadRow, path: Path, error: UnreadableError) -> Rejected:
        message = f"{path.name}, {row.place}: {error.rejection.message}"
        if isinstance(row, BadRow):
            original = row.original
        else:
            fields = {str(name): value for name, value in row.fields.items()}
            self._rules.apply_anywhere(fields)
            original = msgspec.json.encode(fields)
        return Rejected(
            rejection=error.rejection.model_copy(update={"message": message}),
            source="replay",
            at=datetime.now(UTC),
            original=b64encode(original[:MAX_KEPT]),
        )


def _checked(path: Path, reading: Reading) -> Iterator[Row | BadRow]:
    checked = False
    row: Row | BadRow | None = None
    for row in read_rows(path):
        if isinstance(row, Row) and not checked:
            reading.check(name for name in row.fields if name)
            checked = True
        yield row
    if row is None:
        raise LogFileError(f"{path.name}: the file has no rows")
