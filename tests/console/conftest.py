"""The tests of the console in a real browser run when asked for by --console."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.sdks.environments import MissingError, chromium, node_modules

_PACKAGES = Path(__file__).with_name("package.json")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--console", action="store_true", help="drive the console with Chromium, and examine it with axe")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--console", default=False):
        try:
            chromium(), node_modules(_PACKAGES)
        except MissingError as error:
            raise pytest.UsageError(str(error)) from None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests that were not asked for by their option are not part of the run."""
    if not config.getoption("--console", default=False):
        without = [item for item in items if item.get_closest_marker("console")]
        items[:] = [item for item in items if item not in without]
        config.hook.pytest_deselected(items=without)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium, the system's."""
    with sync_playwright() as playwright:
        # No sandbox: tests may run as root, and what the browser loads comes from this machine alone.
        running = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture(scope="session")
def axe() -> str:
    """The script that examines a page."""
    return (node_modules(_PACKAGES) / "axe-core" / "axe.min.js").read_text()
