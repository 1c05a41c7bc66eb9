"""What integration tests stand on: one broker and store for all of them, and a world of its own for each."""

import signal
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as effort

from schemas.settings import Settings
from streams.availability import UnavailableError
from streams.topics import declare
from tests.brokers.choice import OWN, OwnBroker, Stack, chosen, make_sure_of, running_stack
from tests.harness import running_gateway, settings_for

# A shell that runs tests in the background has Ctrl-C ignored, and so would have every process that they start.
signal.signal(signal.SIGINT, signal.default_int_handler)

# The same examples in every run, and no opinion on how fast a busy machine makes them.
effort.register_profile("steady", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
effort.load_profile("steady")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--kafka",
        metavar="BROKER",
        type=chosen,
        default="embedded",
        help="the broker that tests run on: embedded (the default), apache (needs mvn and Java 17), or HOST:PORT",
    )
    parser.addoption(
        "--fuzz",
        metavar="TIMES",
        type=int,
        default=5_000,
        help="how many strange requests the gateway's dialects are tried with; a million takes a while",
    )
    parser.addoption("--cdnow", metavar="FILE", help="the CDNOW purchase log, for the test in tests/acceptance")
    parser.addoption("--demo", action="store_true", help="run the tests of the demo too, which take minutes")
    parser.addoption("--thorough", action="store_true", help="run the tests too that mostly wait, of a rarer trouble")
    parser.addoption(
        "--notify", action="store_true", help="deliver 10,000 alerts too, with an endpoint that is dead for a minute"
    )


def pytest_configure(config: pytest.Config) -> None:
    try:
        make_sure_of(config.getoption("--kafka"))
    except UnavailableError as error:
        raise pytest.UsageError(str(error)) from None


def pytest_report_header(config: pytest.Config) -> str:
    return f"kafka: {config.getoption('--kafka')}"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests that were not asked for by their option are not part of the run."""
    for option in ("cdnow", "demo", "notify", "thorough"):
        if not config.getoption(f"--{option}"):
            without = [item for item in items if item.get_closest_marker(option)]
            items[:] = [item for item in items if item not in without]
            config.hook.pytest_deselected(items=without)


@pytest.fixture(scope="session")
def stack(pytestconfig: pytest.Config) -> Iterator[Stack]:
    """The broker that was chosen and a store, for the whole run."""
    with running_stack(pytestconfig.getoption("--kafka")) as running:
        yield running


@pytest.fixture
def broker(pytestconfig: pytest.Config) -> Iterator[OwnBroker]:
    """A broker of the chosen kind for this test alone, which may stop it."""
    kafka = pytestconfig.getoption("--kafka")
    if kafka not in OWN:
        pytest.skip("a broker that runs elsewhere is not stopped")
    with OWN[kafka]() as running:
        yield running


@pytest.fixture
def settings(stack: Stack) -> Settings:
    """Settings of this test alone, with its topics declared."""
    own = settings_for(stack)
    declare(own)
    return own


@pytest.fixture
def gateway(settings: Settings) -> Iterator[str]:
    """The URL of a running gateway."""
    with running_gateway(settings) as url:
        yield url
