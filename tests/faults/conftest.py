"""The fault tests run when asked for by --faults; each shows its figures when all are done."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from schemas.settings import Settings
from tests.brokers.choice import Stack
from tests.faults.traffic import POLICY
from tests.faults.world import CleanRuns, World
from tests.harness import settings_for


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--faults", action="store_true", help="run the fault tests, which take minutes")
    parser.addoption("--soak", type=float, default=180.0, metavar="SECONDS", help="how long the soak goes on")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests that were not asked for by their option are not part of the run; the longest goes first."""
    items.sort(key=lambda item: item.path.stem != "test_soak")
    if not config.getoption("--faults", default=False):
        without = [item for item in items if item.get_closest_marker("faults")]
        items[:] = [item for item in items if item not in without]
        config.hook.pytest_deselected(items=without)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The figures of every case."""
    reports = [
        report
        for outcome in ("passed", "failed")
        for report in terminalreporter.getreports(outcome)
        if report.when == "call" and report.user_properties
    ]
    if reports:
        terminalreporter.section("faults: what each case came to")
    for report in reports:
        figures = ", ".join(f"{name} {value}" for name, value in report.user_properties)
        terminalreporter.write_line(f"{report.nodeid.rpartition('/')[2]}: {figures}")


OWN = {"model_key": SecretStr("a key for fault tests"), "role": "profiles", "policy": POLICY}
"""A frozen model, and workers that fold and do not learn."""


@pytest.fixture(scope="session")
def clean_runs(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> CleanRuns:
    """Runs that nothing disturbs."""
    return CleanRuns(settings_for(stack).model_copy(update=OWN), tmp_path_factory.mktemp("clean"))


@pytest.fixture
def make_world(
    settings: Settings, tmp_path: Path, clean_runs: CleanRuns, request: pytest.FixtureRequest
) -> Callable[..., World]:
    """Makes a world, with other settings if they are given."""

    def make(**other: Any) -> World:
        own = settings.model_copy(update=OWN | other)
        world = World(own, tmp_path, clean_runs, request.node.user_properties)
        world.prepare()
        return world

    return make


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    """A world on the broker and the store of the whole run."""
    return make_world()
