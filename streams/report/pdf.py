"""A page as PDF, printed by Chromium where there is one."""

import shutil
import subprocess
import tempfile
from pathlib import Path

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
_WITHIN = 60.0


class NoBrowserError(Exception):
    """There is no Chromium, or it did not print; the message says which."""


def print_pdf(page: Path, pdf: Path) -> None:
    """Print a page of this machine; nothing is fetched, and the browser leaves nothing behind.

    Raises:
        NoBrowserError: if that cannot be.
    """
    browser = next((found for name in _BROWSERS if (found := shutil.which(name))), None)
    if browser is None:
        raise NoBrowserError("there is no Chromium: install it, or print the page from any browser")
    with tempfile.TemporaryDirectory(prefix="ebbflow-report-") as profile:
        command = [
            browser, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--no-pdf-header-footer",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            f"--user-data-dir={profile}", f"--print-to-pdf={pdf.resolve()}", page.resolve().as_uri(),
        ]  # fmt: skip
        try:
            printed = subprocess.run(command, capture_output=True, timeout=_WITHIN, check=False)  # noqa: S603 (its path)
        except subprocess.TimeoutExpired:
            raise NoBrowserError(f"{browser} did not print the page within {_WITHIN:.0f} s") from None
    if printed.returncode or not pdf.exists():
        raise NoBrowserError(f"{browser} could not print the page")
