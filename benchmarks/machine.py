"""The machine: what it is, and how fast it was just then."""

import os
import platform
import time
from collections.abc import Callable
from pathlib import Path


def calibrate() -> float:
    """CPU seconds for summing 20 million integers: what other figures are read beside on a noisy machine."""
    return cpu(lambda: sum(range(20_000_000)) and None)


def cpu(work: Callable[[], None]) -> float:
    """CPU seconds of this process that some work took."""
    begun = time.process_time()
    work()
    return time.process_time() - begun


def describe() -> str:
    """Processor, cores, memory, system and Python, in a line."""
    model, memory = platform.processor() or platform.machine(), ""
    for line in _lines("/proc/cpuinfo"):
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    for line in _lines("/proc/meminfo"):
        if line.startswith("MemTotal"):
            memory = f", {int(line.split()[1]) / 1024**2:.0f} GB"
    return (
        f"{model}, {os.cpu_count()} cores{memory}; {platform.system()} {platform.release()}; "
        f"Python {platform.python_version()}"
    )


def _lines(path: str) -> list[str]:
    return Path(path).read_text().splitlines() if Path(path).exists() else []
