"""Ebbflow's own processes, started as users start them."""

import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from schemas.settings import Settings
from streams.embedded.companion import Companion
from tests.integration.working import environment_of

WORKER = [sys.executable, "-m", "streams.cli", "worker"]
GATEWAY = [sys.executable, "-m", "streams.cli", "gateway"]

_LISTENS_WITHIN = 30.0


@contextmanager
def running_worker(settings: Settings, log: Path, role: str = "profiles") -> Iterator[Companion]:
    """A worker that was just started."""
    with Companion("the worker", WORKER, log, environment_of(settings) | {"EBBFLOW_ROLE": role}) as worker:
        yield worker


@contextmanager
def running_gateway(settings: Settings, log: Path, command: Sequence[str] = GATEWAY) -> Iterator[Companion]:
    """A gateway, or a program that listens in its place, that takes requests."""
    with Companion("the gateway", command, log, environment_of(settings)) as gateway:
        gateway.wait_until(lambda: _listens(settings.gateway_port), _LISTENS_WITHIN)
        yield gateway


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1.0).close()
    except OSError:
        return False
    return True
