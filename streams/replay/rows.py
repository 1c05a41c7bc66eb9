"""Rows of a file: CSV, JSON lines or a JSON array, plain or gzipped."""

import csv
import gzip
import io
import math
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import IO, Any

import msgspec

from processors.decoding import UnreadableError
from processors.slices import items, members
from schemas.rejected import RejectionCode

_BOM = b"\xef\xbb\xbf"


class LogFileError(ValueError):
    """The file cannot be read as a log; the message says why and what would do."""


@dataclass(frozen=True)
class Row:
    """One row; `place` says where it stands: `line 4`, or `item 4` of an array."""

    place: str
    fields: dict[str, Any]


@dataclass(frozen=True)
class BadRow:
    """A row that cannot be read: where it stands, why, and its bytes if they can be told apart."""

    place: str
    error: UnreadableError
    original: bytes = b""


def read_rows(path: Path) -> Iterator[Row | BadRow]:
    """The rows of a `.csv`, `.jsonl`, `.ndjson` or `.json` file (`.gz` too), as the file has them.

    Raises:
        LogFileError: for another kind of file, or one that is none of its kind.
    """
    names = [suffix.lower() for suffix in path.suffixes]
    kind = next((name for name in reversed(names) if name != ".gz"), "")
    if kind not in (".csv", ".jsonl", ".ndjson", ".json"):
        raise LogFileError(f"{path.name}: only .csv, .jsonl, .ndjson and .json files (also .gz) can be read")
    with _opened(path) as file:
        if kind == ".csv":
            yield from _lines_of_csv(io.TextIOWrapper(file, encoding="utf-8-sig", newline=""), path)
        elif kind == ".json":
            yield from _items(file.read().removeprefix(_BOM), path)
        else:
            for number, line in enumerate(file, 1):
                if line := line.removeprefix(_BOM).strip():
                    yield _row(f"line {number}", line)


def fingerprint(path: Path, *mapping: str | None) -> str:
    """A name for this file's content read by this mapping: the same log has the same name wherever it lies."""
    digest = blake2b(repr(mapping).encode(), digest_size=8)
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _opened(path: Path) -> gzip.GzipFile | io.BufferedReader:
    return gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb")


def _lines_of_csv(file: IO[str], path: Path) -> Iterator[Row | BadRow]:
    reader = csv.DictReader(file)
    try:
        if reader.fieldnames is None:
            return
    except csv.Error as error:
        raise LogFileError(f"{path.name}, line 1: not CSV: {error}") from None
    while True:
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield BadRow(f"line {reader.reader.line_num}", UnreadableError(RejectionCode.INVALID, f"not CSV: {error}"))
        else:
            yield Row(f"line {reader.line_num}", fields)


def _items(text: bytes, path: Path) -> Iterator[Row | BadRow]:
    """The items of an array, or of the one array in an object, as APIs answer with."""
    try:
        if text.lstrip().startswith(b"{"):
            arrays = [part for part in members(text, math.inf).values() if part.startswith(b"[")]
            if len(arrays) != 1:
                raise LogFileError(f"{path.name}: an object with {len(arrays)} arrays; one, or just an array, would do")
            text = arrays[0]
        found = items(text, math.inf)
    except UnreadableError as error:
        raise LogFileError(f"{path.name}: {error.rejection.message}") from None
    for number, item in enumerate(found, 1):
        yield _row(f"item {number}", item)


def _row(place: str, text: bytes) -> Row | BadRow:
    try:
        found = msgspec.json.decode(text)
    except RecursionError:
        return BadRow(place, UnreadableError(RejectionCode.TOO_DEEP, "nested too deeply"), text)
    except (msgspec.MsgspecError, UnicodeError) as error:
        return BadRow(place, UnreadableError(RejectionCode.NOT_JSON, f"not JSON: {error}"), text)
    if not isinstance(found, dict):
        return BadRow(place, UnreadableError(RejectionCode.NOT_AN_OBJECT, "a row must be a JSON object"), text)
    return Row(place, found)
