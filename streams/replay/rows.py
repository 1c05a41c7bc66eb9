"""Rows of a log file: CSV or JSON lines, plain or gzipped."""

import csv
import gzip
import io
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path
from typing import IO, Any

import msgspec


class LogFileError(ValueError):
    """The file cannot be read as a log; the message says why and what would do."""


def read_rows(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of a `.csv`, `.jsonl` or `.ndjson` file (`.gz` too), as the file has them.

    Raises:
        LogFileError: for another kind of file, or a line that is no JSON object.
    """
    names = [suffix.lower() for suffix in path.suffixes]
    kind = next((name for name in reversed(names) if name != ".gz"), "")
    with _opened(path) as file:
        if kind == ".csv":
            yield from csv.DictReader(file)
        elif kind in (".jsonl", ".ndjson"):
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield _object(line, number, path)
        else:
            raise LogFileError(f"{path.name}: only .csv, .jsonl and .ndjson files (also .gz) can be replayed")


def fingerprint(path: Path, *mapping: str | None) -> str:
    """A name for this file's content read by this mapping: the same log has the same name wherever it lies."""
    digest = blake2b(repr(mapping).encode(), digest_size=8)
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _opened(path: Path) -> IO[str]:
    if path.suffix.lower() == ".gz":
        return io.TextIOWrapper(gzip.open(path), encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def _object(line: str, number: int, path: Path) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(line)
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise LogFileError(f"{path.name}, line {number}: not JSON: {error}") from None
    if not isinstance(found, dict):
        raise LogFileError(f"{path.name}, line {number}: a line must be a JSON object")
    return found
