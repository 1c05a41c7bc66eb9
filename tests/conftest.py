"""What integration tests stand on: one embedded stack for all of them, and a world of its own for each."""

from collections.abc import Iterator

import pytest

from schemas.settings import Settings
from streams.embedded.stack import EmbeddedStack
from streams.topics import declare
from tests.harness import running_gateway, settings_for


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
