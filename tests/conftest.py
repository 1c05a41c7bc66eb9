"""What integration tests stand on: one embedded stack for all of them, and a world of its own for each."""

import signal
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as effort

from schemas.settings import Settings
from streams.embedded.stack import EmbeddedStack
from streams.topics import declare
from tests.harness import running_gateway, settings_for

# A shell that runs tests in the background has Ctrl-C ignored, and so would have every process that they start.
signal.signal(signal.SIGINT, signal.default_int_handler)

# The same examples in every run, and no opinion on how fast a busy machine makes them.
effort.register_profile("steady", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
effort.load_profile("steady")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--cdnow", metavar="FILE", help="the CDNOW purchase log, for the test in tests/acceptance")
    parser.addoption("--demo", action="store_true", help="run the tests of the demo too, which take minutes")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests that were not asked for by their option are not part of the run."""
    for option in ("cdnow", "demo"):
        if not config.getoption(f"--{option}"):
            without = [item for item in items if item.get_closest_marker(option)]
            items[:] = [item for item in items if item not in without]
            config.hook.pytest_deselected(items=without)


@pytest.fixture(scope="session")
def stack() -> Iterator[EmbeddedStack]:
    """A broker and a store for the whole run."""
    with EmbeddedStack() as running:
        yield running


@pytest.fixture
def settings(stack: EmbeddedStack) -> Settings:
    """Settings of this test alone, with its topics declared."""
    own = settings_for(stack)
    declare(own)
    return own


@pytest.fixture
def gateway(settings: Settings) -> Iterator[str]:
    """The URL of a running gateway."""
    with running_gateway(settings) as url:
        yield url
