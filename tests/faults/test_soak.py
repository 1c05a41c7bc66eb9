"""Case 2: three workers under load, killed at random for minutes, and started again at once."""

import random
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime

import pytest

from streams.embedded.companion import Companion
from tests.faults.traffic import Sent, publishing, touchpoint
from tests.faults.world import World
from tests.harness import wait_until

pytestmark = [pytest.mark.faults, pytest.mark.integration]

WORKERS = {"one": "after-load", "two": "after-save", "three": "after-publish"}
"""Each, and the step after which it always waits for `DELAY` seconds, so that it is killed there."""
DELAY = "0.3"
RATE, AT_ONCE, CUSTOMERS = 300, 60, 50
"""Touchpoints a second, how many are sent together, and of how many customers: each is met in every batch."""


class Load(threading.Thread):
    """Touchpoints of now, until told to stop."""

    def __init__(self, world: World, seed: int) -> None:
        super().__init__(daemon=True)
        self._world, self._chance = world, random.Random(seed)
        self._stopped = threading.Event()
        self.sent = 0

    def run(self) -> None:
        with publishing(self._world.settings) as produce:
            while not self._stopped.wait(AT_ONCE / RATE):
                produce(self._next())

    def _next(self) -> Iterator[Sent]:
        for _ in range(AT_ONCE):
            customer = int(CUSTOMERS * self._chance.random() ** 2)
            event = self._chance.choice(("Order Completed", "Signed In"))
            amount = f"{self.sent}.{self._chance.randrange(100):02d}" if event == "Order Completed" else ""
            yield touchpoint(f"customer {customer}", self.sent, datetime.now(UTC), event, amount)
            self.sent += 1

    def stop(self) -> None:
        """No more."""
        self._stopped.set()
        self.join()


@pytest.mark.timeout(600)
def test_workers_killed_at_random_fold_every_touchpoint_exactly_once(world: World, pytestconfig: pytest.Config) -> None:
    """Tried without the guard (nothing folded being skipped, as in case 1): of 14,160 touchpoints 91 were doubled."""
    chance, seconds = random.Random(20), pytestconfig.getoption("--soak")
    load, until = Load(world, seed=21), time.monotonic() + seconds
    with ExitStack() as all_workers:
        running: dict[str, Companion] = {}

        def start(name: str) -> None:
            running[name] = all_workers.enter_context(
                world.worker(name, at=WORKERS[name], do=DELAY, EBBFLOW_BATCH_RECORDS="1000")
            )

        for name in WORKERS:
            start(name)
        load.start()
        while time.monotonic() < until:
            # Some pauses let a group form and work for a while, others do not.
            time.sleep(chance.choice((chance.uniform(0.5, 4.0), chance.uniform(9.0, 15.0))))
            for name in chance.sample(list(WORKERS), chance.randint(1, 3)):
                world.kill(running[name])
                start(name)
        under_fire = world.folded()
        load.stop()
        wait_until(lambda: world.folded() >= load.sent, within=120, every=0.5)
        world.settles(load.sent, within=60)
    world.told.append(("folded under fire", under_fire))
    figures = world.verified(complete=True)
    assert figures["records"] == load.sent
    assert world.killed >= seconds / 10
    assert under_fire > load.sent / 4
