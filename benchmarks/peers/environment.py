"""Quix Streams' own environment: made on first use in the user's cache folder, made anew when what it needs changes."""

import os
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

REQUIREMENTS = Path(__file__).with_name("quix-requirements.txt")


def quix_python() -> str:
    """The interpreter that has Quix Streams; the first call takes a package index.

    Raises:
        CalledProcessError: if the packages cannot be had; pip says why.
    """
    asked = sha256(REQUIREMENTS.read_bytes() + sys.version.encode()).hexdigest()[:12]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    home = cache / "ebbflow" / f"quix-{asked}"
    python, made = home / "bin" / "python", home / "made"
    if not made.exists():
        shutil.rmtree(home, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", home], check=True)
        pip = [python, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
        subprocess.run([*pip, "-r", REQUIREMENTS], check=True)
        # Written last, so that an installation cut short does not look whole.
        made.touch()
    return str(python)
