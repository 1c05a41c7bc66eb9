"""The tests with a real Prometheus run when asked for by --monitoring."""

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from unittest import mock

import pytest
from redis import Redis

from streams.clock import Clock
from streams.demo.publish import Publishing
from streams.demo.shop import Shop
from streams.demo.stage import Stage
from tests.monitoring.prometheus import Prometheus
from tests.monitoring.trouble import make_trouble

_CUSTOMERS, _SEED = 300, 7
_PLAN = '{"type": "object", "required": ["giftCard"]}'


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--monitoring", action="store_true", help="run the tests with Prometheus, which has to be there")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--monitoring", default=False):
        missing = [name for name in ("prometheus", "promtool") if shutil.which(name) is None]
        if missing:
            raise pytest.UsageError(f"not on this machine: {', '.join(missing)} (Debian has them in `prometheus`)")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests that were not asked for by their option are not part of the run."""
    if not config.getoption("--monitoring", default=False):
        without = [item for item in items if item.get_closest_marker("monitoring")]
        items[:] = [item for item in items if item not in without]
        config.hook.pytest_deselected(items=without)


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The demo's stage, with a shop that publishes, a tracking plan that it breaks, and a Redis that has a limit."""
    plan = tmp_path_factory.mktemp("plan")
    (plan / "Order Completed.json").write_text(_PLAN)
    with mock.patch.dict(os.environ, {"EBBFLOW_PLAN": str(plan)}), ExitStack() as running:
        stage = running.enter_context(Stage())
        with Redis.from_url(stage.settings.redis_url) as redis:
            redis.config_set("maxmemory", "1gb")
        clock = Clock(stage.settings)
        shop = Shop(_CUSTOMERS, clock.now(), _SEED)
        publishing = running.enter_context(Publishing(shop, clock, stage.gateway_url, stage.write_key))
        running.enter_context(make_trouble(stage))
        yield stage
        stage.check()
        publishing.check()


@pytest.fixture(scope="session")
def prometheus(stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """A Prometheus that scrapes the stage as docker-compose.yml's scrapes its services."""
    home: Path = tmp_path_factory.mktemp("prometheus")
    with Prometheus(stage.ports, home) as running:
        yield running
