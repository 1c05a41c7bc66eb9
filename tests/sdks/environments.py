"""Where the SDKs live: each Python one in an environment of its own, since they want different versions of the same
packages, and those from npm in one folder. All as they are published, outside the tree, and fetched once.
"""

import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from tests.fetched import kept

PACKAGES = Path(__file__).with_name("package.json")
_FETCHED_WITHIN = 600
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")


class MissingError(RuntimeError):
    """A program or a package is not to be had; the message says how to get it."""


def check_programs() -> None:
    """Make sure of what no package brings.

    Raises:
        MissingError: if it is not there.
    """
    node(), npm(), chromium()


def node() -> str:
    """Node, which the SDKs from npm need."""
    return _program("node", "nodejs")


def npm() -> str:
    """npm, which fetches them."""
    return _program("npm", "npm")


def chromium() -> str:
    """The browser; one that the system has, since none is downloaded."""
    return next((found for name in _BROWSERS if (found := shutil.which(name))), "") or _program("chromium", "chromium")


def _program(name: str, package: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise MissingError(f"The tests of the SDKs need {name}, and there is none: apt-get install {package}")
    return found


def python_with(requirement: str) -> Path:
    """The Python of an environment that has just this requirement, as `mixpanel==5.4.1`, and what it needs."""

    def fetch(folder: Path) -> None:
        venv.create(folder, symlinks=True)
        pip = [sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python")]
        _run([*pip, "install", "--quiet", "--disable-pip-version-check", requirement], folder)

    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return kept(f"sdk-{requirement.replace('==', '-')}-python{version}", fetch) / "bin" / "python"


def node_modules(packages: Path = PACKAGES) -> Path:
    """The `node_modules` with all that a `package.json` asks for; that of the SDKs if no other is given."""

    def fetch(folder: Path) -> None:
        shutil.copy(packages, folder)
        # No script of a package is run, and package.json alone says what is installed.
        quiet = ("--ignore-scripts", "--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error")
        _run([npm(), "install", *quiet], folder)

    return kept(f"sdks-{sha256(packages.read_bytes()).hexdigest()[:12]}", fetch) / "node_modules"


def _run(command: Sequence[str], folder: Path) -> None:
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_FETCHED_WITHIN,
            env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        )
    except subprocess.TimeoutExpired:
        raise MissingError(f"not fetched within {_FETCHED_WITHIN} s: {' '.join(command)}") from None
    if done.returncode:
        raise MissingError(f"cannot be fetched: {' '.join(command)}\n{done.stderr[-2000:]}")
