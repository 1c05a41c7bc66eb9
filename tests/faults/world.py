"""A world to break: topics and keys of its own, workers that fail when told to, and the verifier's word in the end."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypedDict
from uuid import uuid4

from kafka.admin import KafkaAdminClient

from schemas.settings import Settings
from streams.embedded.companion import Companion
from streams.topics import declare
from tests.faults.traffic import Sent, freeze_model, publish
from tests.harness import wait_until
from tests.integration.working import environment_of, folded
from tests.nursery import Forked

_DELIVERED = re.compile(r"^DELIVERED (\d+) of", re.MULTILINE)


class Where(TypedDict):
    """Where a run's results are."""

    broker_url: str
    redis_url: str
    prefix: str


@dataclass
class World:
    """One test's own. `told` takes the figures that are shown when all tests are done."""

    settings: Settings
    folder: Path
    clean_runs: "CleanRuns"
    told: list[tuple[str, object]] = field(default_factory=list)
    killed: int = 0

    def prepare(self) -> None:
        """Declare the topics and publish the model that never changes."""
        declare(self.settings)
        freeze_model(self.settings)

    @contextmanager
    def worker(
        self, name: str = "worker", at: str = "", nth: int = 1, do: str = "kill", **more: str
    ) -> Iterator[Companion]:
        """The test build of the worker, which fails where it is told to; killed when the block ends."""
        environment = environment_of(self.settings) | {"EBBFLOW_WORKER_METRICS_PORT": "0"}
        environment |= {"FAULT_AT": at, "FAULT_NTH": str(nth), "FAULT_DO": do} | more
        with Forked(name, "tests.faults.faulty_worker", [], self.log(name), environment) as worker:
            try:
                yield worker
            finally:
                worker.stop(within=0)

    def log(self, name: str = "worker") -> Path:
        """Where workers of this name write."""
        return self.folder / f"{self.settings.prefix}.{name}.log"

    def said(self, words: str, name: str = "worker") -> bool:
        """Whether a worker of this name has written this."""
        return words in self.log(name).read_text(errors="replace")

    def publish(self, sent: Sequence[Sent]) -> None:
        """Produce touchpoints."""
        publish(self.settings, sent)

    def folded(self) -> int:
        """How many touchpoints the profiles hold."""
        return folded(self.settings)

    def kill(self, worker: Companion) -> None:
        """SIGKILL, now."""
        os.kill(worker.pid, signal.SIGKILL)
        self.killed += 1

    def dies(self, worker: Companion, within: float = 40) -> None:
        """Wait until a worker has killed itself."""
        wait_until(lambda: worker.status is not None, within)
        assert worker.status == -signal.SIGKILL, self.log(worker.name).read_text(errors="replace")[-3000:]
        self.killed += 1

    def committed(self) -> int:
        """The sum of the committed offsets of the touchpoints."""
        group, topic = self.settings.topic("ebbflow"), self.settings.topic("touchpoints")
        admin = KafkaAdminClient(bootstrap_servers=self.settings.broker_url)
        try:
            found = admin.list_group_offsets(group).get(group, {})
        finally:
            admin.close()
        return sum(max(0, offset.offset) for tp, offset in found.items() if tp.topic == topic)

    def settles(self, touchpoints: int, end: int | None = None, within: float = 60) -> None:
        """Wait until so many touchpoints are folded, and until the committed offsets sum to `end`, or to as many."""
        wait_until(lambda: self.folded() >= touchpoints, within)
        wait_until(lambda: self.committed() >= (touchpoints if end is None else end), within, every=0.3)

    def undisturbed(self, sent: Sequence[Sent]) -> Where:
        """What comes of the same touchpoints when nothing is in the way."""
        return self.clean_runs.of(sent)

    def delivered(self) -> int:
        """How many records the workers of this world began to work on, those delivered again counted again."""
        logs = [log.read_text(errors="replace") for log in self.folder.glob(f"{self.settings.prefix}.*.log")]
        return sum(int(records) for log in logs for records in _DELIVERED.findall(log))

    def verified(self, **expectations: Any) -> dict[str, int]:
        """Have the verifier look at everything; its figures, if it finds no problem."""
        file = self.folder / "expectations.json"
        file.write_text(json.dumps(expectations))
        where = (self.settings.broker_url, self.settings.redis_url, self.settings.prefix, str(file))
        program = [sys.executable, "-m", "tests.faults.verify", *where]
        answer = subprocess.run(program, capture_output=True, text=True, timeout=120, check=False)
        assert answer.stdout, answer.stderr[-3000:]
        said = json.loads(answer.stdout)
        figures: dict[str, int] = said["figures"]
        again = max(0, self.delivered() - figures["records"])
        self.told += [("killed", self.killed), ("delivered again", again), *figures.items()]
        assert not said["problems"], "\n".join(said["problems"])
        assert answer.returncode == 0
        return figures


class CleanRuns:
    """Runs that nothing disturbs, on the broker and the store of the whole test run: one for each log."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        """`settings` but for the prefix."""
        self._settings, self._folder = settings, folder
        self._done: dict[tuple[Sent, ...], Where] = {}

    def of(self, sent: Sequence[Sent]) -> Where:
        """Where the results of this log are; it is folded when it is first asked for."""
        if (log := tuple(sent)) not in self._done:
            prefix = f"clean{len(self._done)}-{uuid4().hex[:8]}"
            world = World(self._settings.model_copy(update={"prefix": prefix}), self._folder, self)
            world.prepare()
            world.publish(sent)
            with world.worker():
                world.settles(len(sent))
            self._done[log] = Where(
                broker_url=self._settings.broker_url, redis_url=self._settings.redis_url, prefix=prefix
            )
        return self._done[log]
