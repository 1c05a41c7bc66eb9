"""Driving an SDK: a program of `clients` in a process of its own, with the SDK as it was published."""

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol
from urllib.parse import urlencode

from tests.harness import WRITE_KEY
from tests.sdks.environments import chromium, node, node_modules, python_with

_CLIENTS = Path(__file__).with_name("clients")
_ENDS_WITHIN = 90.0


@dataclass(frozen=True)
class Story:
    """Who did what, as every SDK tells it: a visitor looks around, turns out to be a user, and asks for help. That the
    user ordered is told an hour late."""

    user: str
    visitor: str
    began: datetime

    @property
    def ordered(self) -> datetime:
        """When the user ordered."""
        return self.began - timedelta(hours=1)

    @property
    def keys(self) -> set[str]:
        """The keys of this person, the user's and the visitor's."""
        return {self.user, f"anon:{self.visitor}"}

    @property
    def arguments(self) -> list[str]:
        """For the command line of a client."""
        return [WRITE_KEY, self.user, self.visitor, self.ordered.astimezone(UTC).isoformat(timespec="milliseconds")]


class Sdk(Protocol):
    """The command that tells a story to a gateway, where `pages` is the URL of the server of pages."""

    def command(self, gateway: str, story: Story, pages: str) -> list[str]: ...


@dataclass(frozen=True)
class PythonSdk:
    """A client in Python, with the one requirement that it names."""

    requirement: str
    client: str
    more: tuple[str, ...] = ()

    def command(self, gateway: str, story: Story, pages: str) -> list[str]:
        """The client telling the story."""
        return self.program(gateway, *story.arguments, *self.more)

    def program(self, *arguments: str) -> list[str]:
        """The client with any arguments."""
        # -P: a client must not find another one when it imports the SDK of that name.
        return [str(python_with(self.requirement)), "-P", str(_CLIENTS / self.client), *arguments]


@dataclass(frozen=True)
class NodeSdk:
    """A client in JavaScript, with what `package.json` asks for."""

    client: str

    def command(self, gateway: str, story: Story, pages: str) -> list[str]:
        """The client telling the story."""
        return self.program(gateway, *story.arguments)

    def program(self, *arguments: str) -> list[str]:
        """The client with any arguments."""
        return [node(), str(_CLIENTS / self.client), *arguments]


@dataclass(frozen=True)
class BrowserSdk:
    """A page in headless Chromium, which tells the story as it loads."""

    page: str
    options: Mapping[str, str] = field(default_factory=dict)

    def command(self, gateway: str, story: Story, pages: str) -> list[str]:
        """The page telling the story."""
        key, user, visitor, at = story.arguments
        query = {"gateway": gateway, "key": key, "user": user, "visitor": visitor, "at": at, **self.options}
        return [node(), str(_CLIENTS / "browser.js"), chromium(), f"{pages}/{self.page}?{urlencode(query)}"]


@contextmanager
def running(command: list[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A client that runs until it is done, or until the block ends if it is a browser; fails if it says it failed."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("EBBFLOW_", "PYTHON"))}
    environment = inherited | {"NODE_PATH": str(node_modules())}
    with log.open("ab") as output:
        client = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=output, stderr=subprocess.STDOUT, env=environment
        )
    try:
        yield client
        client.communicate(timeout=_ENDS_WITHIN)
    except BaseException as error:
        error.add_note(f"the client said: {log.read_text(errors='replace')[-4000:]}")
        raise
    finally:
        client.kill()
        client.wait()
    assert client.returncode == 0, log.read_text(errors="replace")[-4000:]
