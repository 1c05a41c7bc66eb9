"""Case 8: SIGTERM under load: the worker finishes what it has begun, commits, and is gone within 10 s."""

import time

import pytest

from tests.faults.traffic import history
from tests.faults.world import World
from tests.harness import wait_until

pytestmark = [pytest.mark.faults, pytest.mark.integration, pytest.mark.timeout(120)]

SMALL = {"EBBFLOW_BATCH_RECORDS": "100"}
WITHIN = 10.0


def test_a_worker_asked_to_stop_under_load_commits_all_that_it_folded(world: World) -> None:
    """Tried without the guard (`BatchConsumer.wait_empty` committing): of 700 folded, none was committed."""
    sent = history(6000)
    world.publish(sent)
    taken, stopped_at = 0.0, list[int]()
    for part in (600, 1800):
        with world.worker(at="after-save", do="0.02", **SMALL) as worker:
            wait_until(lambda part=part: world.folded() > part)
            begun = time.monotonic()
            assert worker.stop(within=WITHIN) == 0
            taken = max(taken, time.monotonic() - begun)
        assert world.committed() == world.folded() < len(sent)
        stopped_at.append(world.folded())
    world.told += [("seconds to stop", f"{taken:.1f}")]
    world.verified(complete=False)
    with world.worker(**SMALL):
        world.settles(len(sent))
    figures = world.verified(complete=True)
    assert stopped_at == sorted(set(stopped_at))
    assert figures["folded"] == world.delivered() == len(sent)
