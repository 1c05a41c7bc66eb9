"""The tests with other people's SDKs run when asked for by --sdks."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from streams.embedded.stack import EmbeddedStore
from streams.topics import declare
from tests.brokers.choice import OWN, Stack
from tests.harness import running_gateway, settings_for
from tests.integration.working import running_worker
from tests.sdks.driving import Story
from tests.sdks.environments import MissingError, check_programs, node_modules
from tests.sdks.servers import pages
from tests.sdks.world import World


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--sdks", action="store_true", help="run the tests with the SDKs, which are fetched at first")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--sdks", default=False):
        try:
            check_programs()
            node_modules()
        except MissingError as error:
            raise pytest.UsageError(str(error)) from None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests that were not asked for by their option are not part of the run."""
    if not config.getoption("--sdks", default=False):
        without = [item for item in items if item.get_closest_marker("sdks")]
        items[:] = [item for item in items if item not in without]
        config.hook.pytest_deselected(items=without)


@pytest.fixture(scope="session")
def world(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A gateway, a worker and a server of pages on a broker that tests may stop for a moment."""
    kafka = pytestconfig.getoption("--kafka")
    log = tmp_path_factory.mktemp("world") / "worker.log"
    with ExitStack() as stack:
        store = stack.enter_context(EmbeddedStore())
        broker = stack.enter_context(OWN[kafka]()) if kafka in OWN else None
        site = stack.enter_context(pages(node_modules()))
        own = settings_for(Stack(broker.broker_url if broker else kafka, store.redis_url))
        more = {"publish_timeout": timedelta(seconds=1), "allowed_origins": site}
        settings = own.model_copy(update=more)
        declare(settings)
        url = stack.enter_context(running_gateway(settings))
        worker = stack.enter_context(running_worker(settings, log))
        yield World(settings, url, site, broker.pid if broker else None)
        worker.check()


@pytest.fixture
def story() -> Story:
    """A story of people whom no other test knows."""
    name = uuid4().hex[:8]
    return Story(f"user-{name}", f"visitor-{name}", datetime.now(UTC))
