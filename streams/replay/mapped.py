"""Reading a file by one of the mappings."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from processors.mapping import Source
from streams.replay.rows import LogFileError


@dataclass(frozen=True)
class Mapped:
    """The rows of a source, whose customers are named `by`; `columns` are what the file calls some of its fields."""

    source: Source
    by: str
    columns: Mapping[str, str] = field(default_factory=dict)

    @property
    def said(self) -> tuple[str | None, ...]:
        """What tells this reading of a file from another."""
        renamed = (f"{name}={column}" for name, column in sorted(self.columns.items()))
        return self.source.name, self.by, *renamed

    def check(self, header: Iterable[str]) -> None:
        """Raise `LogFileError` if the file has none of the source's fields, or lacks a column that is named."""
        known = list(header)
        for name, column in self.columns.items():
            if column not in known:
                raise LogFileError(f"--map {name}={column}: no such column; the file has {', '.join(known)}")
        read = {name.partition(".")[0] for name in self.source.fields}
        if not self.columns and not read.intersection(known):
            raise LogFileError(
                f"no column of {self.source.name} is there; the file has {', '.join(known)}."
                " `ebbflow import --list` shows what is read, --map FIELD=COLUMN says what it is called here"
            )

    def touchpoints(self, row: Mapping[str, Any], message_id: str) -> Iterable[dict[str, Any]]:
        """What the row tells; its ids are the source's own."""
        renamed = {name: row.get(column) for name, column in self.columns.items()}
        return list(self.source.touchpoints({**row, **renamed}, self.by))
