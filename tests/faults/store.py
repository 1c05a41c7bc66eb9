"""A store of a test's own, which can be killed and started again where it was, and be made to fail in other ways."""

import os
import random
import shutil
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

from streams.embedded.stack import EmbeddedStore

# From these no system hands out ports by itself, so a port stays free while its store is away.
_LASTING_PORTS = range(20_000, 30_000)
_NOBODY = 1
_ANSWERS_WITHIN = 20.0

AOF = ("--appendonly", "yes", "--appendfsync", "always")
"""Every write is on the disk before it is answered."""


class FragileStore(EmbeddedStore):
    """Valkey with a folder that outlives its process; `options` are added to its command line."""

    def __init__(self, folder: Path, *options: str) -> None:
        port = random.choice(_LASTING_PORTS)
        while _taken(port):
            port = random.choice(_LASTING_PORTS)
        super().__init__(port)
        self._folder, self._options = folder, options

    def _command(self, home: Path) -> list[str]:
        return [*super()._command(self._folder), *self._options]

    def kill(self) -> None:
        """SIGKILL, and wait until it is gone."""
        os.kill(self.pid, signal.SIGKILL)
        self._companion.stop()

    def start(self, empty: bool = False) -> None:
        """Start it again, with what its files hold or with nothing, and wait until it answers."""
        if empty:
            shutil.rmtree(self._folder)
            self._folder.mkdir()
        self._companion.start()
        self._companion.wait_until(self._answers, _ANSWERS_WITHIN)

    def _answers(self) -> bool:
        try:
            with Redis.from_url(self.redis_url) as redis:
                return bool(redis.ping())
        except RedisError:
            return False

    @contextmanager
    def gone(self) -> Iterator[None]:
        """Killed, and started again with what its files hold."""
        self.kill()
        yield
        self.start()

    @contextmanager
    def stalled(self) -> Iterator[None]:
        """There, and answering nothing."""
        os.kill(self.pid, signal.SIGSTOP)
        yield
        os.kill(self.pid, signal.SIGCONT)

    @contextmanager
    def full(self) -> Iterator[None]:
        """Out of memory: it reads and does not write."""
        with Redis.from_url(self.redis_url) as redis:
            redis.config_set("maxmemory", "1mb")
            yield
            redis.config_set("maxmemory", "0")

    @contextmanager
    def read_only(self) -> Iterator[None]:
        """A replica: it reads and does not write."""
        with Redis.from_url(self.redis_url) as redis:
            redis.replicaof("127.0.0.1", _NOBODY)
            yield
            redis.replicaof("NO", "ONE")


def _taken(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
