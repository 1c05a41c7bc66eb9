"""The tests with a real Prometheus run when asked for by --monitoring."""

import json
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from unittest import mock

import pytest
from redis import Redis

from streams.clock import Clock
from streams.demo.publish import Publishing
from streams.demo.shop import Shop
from streams.demo.stage import Stage
from streams.embedded.companion import Companion
from streams.embedded.stack import free_port
from tests.integration.notifying import hook
from tests.integration.receivers import Receiver
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
def ports(stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, int]]:
    """Those of the stage, and of a notifier beside it, with one receiver that is well and one that is dead."""
    port, log = free_port(), tmp_path_factory.mktemp("notifier") / "log"
    with Receiver() as well:
        endpoints = {"crm": hook(well.url), "gone": hook(f"http://127.0.0.1:{free_port()}/")}
        environment = {"EBBFLOW_ENDPOINTS": json.dumps(endpoints), "EBBFLOW_NOTIFIER_METRICS_PORT": str(port)}
        with Companion("notifier", [sys.executable, "-m", "streams.cli", "notifier"], log, environment) as notifier:
            yield {**stage.ports, "notifier": port}
            notifier.check()


@pytest.fixture(scope="session")
def prometheus(ports: Mapping[str, int], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """A Prometheus that scrapes all of it as docker-compose.yml's scrapes its services."""
    home: Path = tmp_path_factory.mktemp("prometheus")
    with Prometheus(ports, home) as running:
        yield running
