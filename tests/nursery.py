"""Starting our own programs quickly: from a process that has imported them already, and forks.

A worker spends three seconds of a processor on its imports, and these tests start more than a hundred. What comes out
of the nursery is a process like any other, with its own environment, files and session. It hangs on the test run alone:
the fork hands over to a fork of its own and ends, and an orphan goes to the nearest process above it that asks for it.
"""

import ctypes
import importlib
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import cast

from streams.embedded.companion import Companion

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
_LOOK_EVERY = 0.01
_MOST = 1 << 20
_ROOT = Path(__file__).parents[1]
_IMPORTED = (
    "streams.app", "streams.cli", "streams.gateway.serve", "streams.notifier.run", "streams.rebuild",
    "streams.replay.run", "faust.cli.faust", "uvloop",
)  # fmt: skip


class Forked(Companion):
    """One of our programs beside the tests, `python -m MODULE WORDS`, from the nursery where there can be one."""

    def __init__(
        self, name: str, module: str, words: Sequence[str], log: Path, environment: Mapping[str, str] | None = None
    ):
        """`environment` is added to our own."""
        super().__init__(name, [sys.executable, "-m", module, *words], log, environment)
        self._module, self._words = module, words

    def start(self) -> None:
        """Start it, without waiting for it to be of use."""
        if sys.platform != "linux":
            return super().start()
        self._log.touch()
        files = (os.devnull, str(self._log), str(self._log))
        born = _bear(self._module, self._words, files, {**os.environ, **self._environment})
        self._process = cast("subprocess.Popen[bytes]", born)


def run(
    module: str, *words: str, environment: Mapping[str, str], answer: str = "", within: float = 100
) -> subprocess.CompletedProcess[str]:
    """Run `python -m MODULE WORDS` in this environment alone, to its end."""
    command = [sys.executable, "-m", module, *words]
    if sys.platform != "linux":
        return subprocess.run(
            command, env=environment, input=answer, capture_output=True, text=True, timeout=within, check=False
        )
    with tempfile.TemporaryDirectory() as folder:
        asked, said, complained = (Path(folder) / name for name in ("in", "out", "err"))
        asked.write_text(answer)
        child = _bear(module, words, (str(asked), str(said), str(complained)), environment)
        try:
            status = child.wait(within)
        finally:
            child.kill()
        return subprocess.CompletedProcess(command, status, said.read_text(), complained.read_text())


class _Child:
    """A process that was forked, as `subprocess.Popen` would have it."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._status: int | None = None

    def poll(self) -> int | None:
        if self._status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self._status = os.waitstatus_to_exitcode(status)
        return self._status

    def wait(self, timeout: float = 60) -> int:
        deadline = time.monotonic() + timeout
        while (status := self.poll()) is None:
            if time.monotonic() > deadline:
                raise subprocess.TimeoutExpired(str(self.pid), timeout)
            time.sleep(_LOOK_EVERY)
        return status

    def terminate(self) -> None:
        self._send(signal.SIGTERM)

    def kill(self) -> None:
        self._send(signal.SIGKILL)

    def _send(self, number: signal.Signals) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)


def _bear(module: str, words: Sequence[str], files: tuple[str, str, str], environment: Mapping[str, str]) -> _Child:
    """A child that runs a program; the files become what it reads and what it appends to."""
    libc, asked = (
        ctypes.CDLL(None),
        json.dumps([module, [*words], files, dict(environment), os.getpid(), str(Path.cwd())]),
    )
    line = _nursery()
    libc.prctl(_PR_SET_CHILD_SUBREAPER, 1)
    try:
        line.send(asked.encode())
        answer = line.recv(_MOST)
    finally:
        libc.prctl(_PR_SET_CHILD_SUBREAPER, 0)
    if not answer:
        raise RuntimeError("the nursery has ended; what it said stands above")
    return _Child(int(answer))


@cache
def _nursery() -> socket.socket:
    """The line to the nursery of this test run, which ends with it."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        command = [sys.executable, "-m", "tests.nursery", str(theirs.fileno())]
        subprocess.Popen(command, pass_fds=[theirs.fileno()], start_new_session=True, cwd=_ROOT)
    return ours


def _wait_for_a_child(line: socket.socket) -> tuple[str, list[str]] | None:
    """Bear a child whenever one is asked for. Returns in the child, with what it shall run, and in the end."""
    while asked := line.recv(_MOST):
        module, words, files, environment, guardian, folder = json.loads(asked)
        if between := os.fork():
            os.waitpid(between, 0)
        elif os.fork():
            os._exit(0)
        else:
            _leave(guardian)
            line.send(str(os.getpid()).encode())
            _furnish(files, environment, folder)
            return module, words
    return None


def _leave(guardian: int) -> None:
    """Hang on the test run, and end with it."""
    os.setsid()
    deadline = time.monotonic() + 10
    while os.getppid() != guardian and time.monotonic() < deadline:
        time.sleep(0.001)  # Until the process between has ended.
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != guardian:
        os._exit(1)


def _furnish(files: Sequence[str], environment: Mapping[str, str], folder: str) -> None:
    """Standard input, output and error from these files, this environment alone, and the folder of the test run."""
    os.chdir(folder)
    for number, name in enumerate(files):
        flags = os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_APPEND | os.O_CREAT
        file = os.open(name, flags, 0o644)
        os.dup2(file, number)
        os.close(file)
    os.environ.clear()
    os.environ.update(environment)


def main(number: int) -> None:
    """The nursery, and each of its children."""
    for name in _IMPORTED:
        importlib.import_module(name)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with socket.socket(fileno=number) as line:
        child = _wait_for_a_child(line)
    if child is not None:
        module, words = child
        sys.argv = [module, *words]
        runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))
