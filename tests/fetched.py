"""What tests need from elsewhere: fetched once, and kept outside the tree for all later runs."""

import fcntl
import os
import tempfile
from collections.abc import Callable
from pathlib import Path


def kept(name: str, fetch: Callable[[Path], None]) -> Path:
    """The folder of this name in the user's cache. The first call has `fetch` fill it; others wait meanwhile."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ebbflow"
    folder = cache / name
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / f"{name}.lock").open("w") as lock:
        # The system frees it with the process, however that ends.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            with tempfile.TemporaryDirectory(prefix="fetching-", dir=cache) as fetched:
                whole = Path(fetched) / name
                whole.mkdir()
                fetch(whole)
                # A run that is killed before this leaves nothing that looks whole.
                whole.rename(folder)
    return folder
