"""Processes that run beside this one and do not outlive it."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Self

from streams.availability import UnavailableError

_PR_SET_PDEATHSIG = 1
# Loaded beforehand: between fork and exec nothing may be imported.
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None
_INTERRUPTS = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
_LAST_LINES = 15
_LOOK_EVERY = 0.01


class EmbeddedError(UnavailableError):
    """A process that should run beside this one cannot; the message says why, and what to do."""


class Companion:
    """One process beside this one, with its output in a file.

    It has a session of its own, so a Ctrl-C reaches only us, and we end it in order. On Linux it is also killed when
    the thread that started it dies, however that comes about; start it from one that lives as long as it should.
    """

    def __init__(self, name: str, command: Sequence[str], log: Path, environment: Mapping[str, str] | None = None):
        """`environment` is added to our own."""
        self.name = name
        self._command, self._log, self._environment = list(command), log, dict(environment or {})
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, without waiting for it to be of use.

        Raises:
            EmbeddedError: if there is no such program.
        """
        # An interrupt while Python forks would be swallowed, and could leave a lock held for ever.
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, _INTERRUPTS)
        with self._log.open("ab") as log:
            try:
                self._process = subprocess.Popen(  # noqa: S603 (the command is our own caller's)
                    self._command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    env={**os.environ, **self._environment},
                    start_new_session=True,
                    preexec_fn=_before_it_runs(os.getpid(), mask),
                )
            except OSError as error:
                raise EmbeddedError(f"{self.name} does not start: {error}") from None
            finally:
                signal.pthread_sigmask(signal.SIG_SETMASK, mask)

    def wait_until(self, ready: Callable[[], bool], within: float) -> None:
        """Return when `ready` says so.

        Raises:
            EmbeddedError: if the process ends before, or is not ready within so many seconds; with its last words.
        """
        deadline = time.monotonic() + within
        while not ready():
            self.check()
            if time.monotonic() > deadline:
                raise EmbeddedError(f"{self.name} was not ready within {within:g} s{self._last_words()}")
            time.sleep(_LOOK_EVERY)
        self.check()

    def check(self) -> None:
        """Make sure that it still runs.

        Raises:
            EmbeddedError: if it has ended, with its last words.
        """
        if (status := self.status) is not None:
            raise EmbeddedError(f"{self.name} ended with status {status}{self._last_words()}")

    @property
    def pid(self) -> int:
        """The process id, of a companion that was started."""
        return self._started.pid

    @property
    def status(self) -> int | None:
        """Its exit status, negative for a signal; none while it runs."""
        return self._started.poll()

    def stop(self, within: float = 10.0) -> int:
        """Ask it to end, make it end if it has not within so many seconds; its exit status."""
        if self._started.poll() is None:
            self._started.terminate()
            try:
                self._started.wait(within)
            except subprocess.TimeoutExpired:
                self._started.kill()
        return self._started.wait()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise RuntimeError(f"{self.name} was not started")
        return self._process

    def _last_words(self) -> str:
        lines = self._log.read_text(errors="replace").splitlines()[-_LAST_LINES:]
        return "\n  ".join([":", *lines]) if lines else ""


def _before_it_runs(parent: int, mask: set[int | signal.Signals]) -> Callable[[], None]:
    """What the child does before it becomes another program: hear interrupts again and, on Linux, die with us."""
    prctl = None if _LIBC is None else _LIBC.prctl

    def prepare() -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        if prctl is not None:
            prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != parent:
                os._exit(1)  # The parent died before it was asked.

    return prepare
