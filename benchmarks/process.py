"""What a process used so far, as Linux counts it."""

import os
import re
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    """Of all its threads, user and system together; to the hundredth."""
    # The command's name stands in parentheses and may hold spaces.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def peak_megabytes(pid: int) -> float:
    """The most memory that it ever held."""
    return _status(pid, "VmHWM")


def resident_megabytes(pid: int) -> float:
    """The memory that it holds now."""
    return _status(pid, "VmRSS")


def _status(pid: int, field: str) -> float:
    found = re.search(rf"^{field}:\s+(\d+) kB$", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    if found is None:
        raise RuntimeError(f"process {pid} has no {field}: it has ended")
    return int(found[1]) / 1024
