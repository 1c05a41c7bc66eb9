"""Apache Kafka, one node of it, as a process beside the tests."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from contextlib import ExitStack
from pathlib import Path
from random import SystemRandom
from typing import Self

from kafka.errors import KafkaError

from streams.availability import reach_broker
from streams.embedded.companion import Companion, EmbeddedError
from tests.brokers.jars import kafka_jars

_HOST = "127.0.0.1"
_CLUSTER = "ebbflow-for-tests-0001"
_READY_WITHIN = 60.0
_STOPPED_WITHIN = 20.0
_ANSWER_WITHIN = 5.0
# Quick to start, small, and silent about what is as it should be.
_JAVA = (
    *("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"),
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
)
# From these no system hands out ports by itself, so a port stays free while its broker is away.
_LASTING_PORTS = range(20_000, 30_000)

_PROPERTIES = {
    "process.roles": "broker,controller",
    "node.id": 1,
    "controller.listener.names": "CONTROLLER",
    "auto.create.topics.enable": "false",
    # Everything that there is one of for each broker.
    "offsets.topic.replication.factor": 1,
    "offsets.topic.num.partitions": 4,
    "transaction.state.log.replication.factor": 1,
    "transaction.state.log.min.isr": 1,
    "transaction.state.log.num.partitions": 4,
    "share.coordinator.state.topic.replication.factor": 1,
    "share.coordinator.state.topic.min.isr": 1,
    "log.cleaner.dedupe.buffer.size": 8 * 1024 * 1024,
    # Nobody waits: for more members of a group, for a dead worker, for a dead self, for compaction.
    "group.initial.rebalance.delay.ms": 0,
    "group.min.session.timeout.ms": 1000,
    "broker.heartbeat.interval.ms": 500,
    "broker.session.timeout.ms": 3000,
    "log.cleaner.backoff.ms": 500,
    # A record from far ahead must come as far as the worker, which refuses it; older brokers let it pass.
    "log.message.timestamp.after.max.ms": 2**63 - 1,
}


class ApacheKafka:
    """A broker for as long as the `with` block lasts, on the loopback interface only.

    It can be stopped and started again meanwhile, and then has the same address and the same records. Start it from
    the main thread: it dies with the thread that started it.
    """

    def __init__(self) -> None:
        shuffled = SystemRandom().sample(_LASTING_PORTS, len(_LASTING_PORTS))
        free = (port for port in shuffled if not _taken(port))
        port, controller = next(free), next(free)
        self.broker_url = f"{_HOST}:{port}"
        self._controller_url = f"{_HOST}:{controller}"
        self._cleanup = ExitStack()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._companion.pid

    def start(self) -> None:
        """Start it and wait until it answers.

        Raises:
            EmbeddedError: if it does not, with its last words.
        """
        self._companion.start()
        self._wait()

    def stop(self, hard: bool = False) -> None:
        """End it, in order or by SIGKILL, and wait until it is gone."""
        if hard:
            os.kill(self.pid, signal.SIGKILL)
        self._companion.stop(_STOPPED_WITHIN)

    def __enter__(self) -> Self:
        """Fetch Kafka if this is the first time, make a storage folder, start.

        Raises:
            EmbeddedError: if Maven or Java is missing, or Kafka does not come up; with what to do.
        """
        with ExitStack() as undo:
            home = Path(undo.enter_context(tempfile.TemporaryDirectory(prefix="ebbflow-kafka-")))
            properties = home / "server.properties"
            properties.write_text(self._properties(home / "storage"))
            java = _java(kafka_jars())
            _format(java, properties)
            self._companion = Companion("Apache Kafka", [*java, "kafka.Kafka", str(properties)], home / "log")
            undo.enter_context(self._companion)
            # Its records go with it, so there is nothing to put in order.
            undo.callback(self._companion.stop, within=0)
            self._wait()
            self._cleanup = undo.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._cleanup.close()

    def _properties(self, storage: Path) -> str:
        own = {
            "listeners": f"PLAINTEXT://{self.broker_url},CONTROLLER://{self._controller_url}",
            "controller.quorum.voters": f"{_PROPERTIES['node.id']}@{self._controller_url}",
            "log.dirs": storage,
        }
        return "".join(f"{name}={value}\n" for name, value in (_PROPERTIES | own).items())

    def _wait(self) -> None:
        self._companion.wait_until(self._answers, _READY_WITHIN)

    def _answers(self) -> bool:
        try:
            reach_broker(self.broker_url, _ANSWER_WITHIN)
        except (OSError, KafkaError):
            return False
        return True


def _java(jars: Path) -> list[str]:
    java = shutil.which("java")
    if java is None:
        raise EmbeddedError("Apache Kafka needs Java 17 or newer: apt-get install openjdk-17-jre-headless")
    return [java, *_JAVA, "-cp", f"{jars}/*"]


def _format(java: list[str], properties: Path) -> None:
    command = [*java, "kafka.tools.StorageTool", "format", "-t", _CLUSTER, "-c", str(properties)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_READY_WITHIN)
    if done.returncode:
        raise EmbeddedError(f"Apache Kafka, which needs Java 17 or newer, makes no storage folder:\n{done.stderr}")


def _taken(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind((_HOST, port))
        except OSError:
            return True
    return False
