"""How far a program has come, in a file that another process can look into at any time."""

import mmap
import struct
from pathlib import Path

_NUMBER = struct.Struct("<Q")
_MOST_PARTITIONS = 64


class Progress:
    """By partition, the offset after the last record that was worked on; 0 before the first."""

    def __init__(self, path: Path) -> None:
        path.touch()
        size = _MOST_PARTITIONS * _NUMBER.size
        with path.open("r+b") as file:
            file.truncate(size)
            self._memory = mmap.mmap(file.fileno(), size)

    def note(self, partition: int, offset: int) -> None:
        """A record was worked on."""
        _NUMBER.pack_into(self._memory, partition * _NUMBER.size, offset + 1)

    def of(self, partition: int) -> int:
        """Where a partition stands."""
        return int(_NUMBER.unpack_from(self._memory, partition * _NUMBER.size)[0])
