"""A gateway with everything that guards it set, for all tests of a module."""

from collections.abc import Iterator

import httpx
import pytest

from schemas.settings import Settings
from streams.embedded.stack import free_port
from tests.brokers.choice import Stack
from tests.harness import running_gateway
from tests.integration.guarded.hostile import guarded


@pytest.fixture(scope="module")
def settings(stack: Stack) -> Settings:
    return guarded(stack, gateway_metrics_port=free_port())


@pytest.fixture(scope="module")
def url(settings: Settings) -> Iterator[str]:
    with running_gateway(settings) as url:
        yield url


@pytest.fixture
def client(url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url, timeout=20) as client:
        yield client
