"""Case 3: partitions change hands in the middle of a batch, come back, and are taken from one unaware."""

import os
import re
import signal
from pathlib import Path

import pytest
from redis import Redis

from tests.faults.traffic import Sent, history
from tests.faults.world import World
from tests.harness import wait_until

pytestmark = [pytest.mark.faults, pytest.mark.integration, pytest.mark.timeout(180)]

SMALL = {"EBBFLOW_BATCH_RECORDS": "100"}


def test_a_rebalance_in_the_middle_of_a_batch(world: World) -> None:
    """Tried without the guard (a fetch dropped at a rebalance being read again, in `BatchConsumer.getmany`): the next
    batch began after the records that were dropped, and these were never folded."""
    sent = history()
    world.publish(sent)
    with world.worker("one", at="after-publish", do="0.5", **SMALL):
        wait_until(lambda: world.folded() > 300)
        with world.worker("two", at="after-publish", do="0.2", **SMALL):
            wait_until(lambda: world.said("DELIVERED", "two"), within=40)
            world.settles(len(sent))
    assert world.verified(complete=True, clean=world.undisturbed(sent))["alerts"] > 60


def test_a_partition_that_goes_away_and_comes_back(world: World) -> None:
    """Tried without the guard (what is remembered being forgotten at a revocation, in `Profiler.forget`, and a profile
    being saved by its revision only, in `save.lua`): what the second owner had folded was overwritten with what
    the first remembered, and never all was folded."""
    sent = history(6000)
    fed: list[Sent] = []

    def feeds() -> bool:
        more = sent[len(fed) : len(fed) + 30]
        world.publish(more)
        fed.extend(more)
        return True

    with world.worker("one", **SMALL):
        wait_until(lambda: feeds() and world.folded() > 300, every=0.3)
        with world.worker("two", **SMALL) as two:
            wait_until(lambda: feeds() and world.said("DELIVERED", "two"), within=40, every=0.3)
            for _ in range(10):
                feeds()
            wait_until(lambda: world.folded() == len(fed))
            assert two.stop() == 0
        for _ in range(10):
            feeds()
        world.settles(len(fed))
    assert world.verified(complete=True, clean=world.undisturbed(fed))["alerts"] > 60


def test_a_worker_that_sleeps_while_its_partitions_are_taken_over(world: World) -> None:
    """Tried without the guard (the two compare-and-sets in `save.lua`): at once after waking up, profiles in Redis were
    those that the sleeper had in its hands."""
    sent = history()
    world.publish(sent[:1500])
    with world.worker("one", at="after-load", nth=5, do="stop", **SMALL) as zombie, world.worker("two", **SMALL):
        wait_until(lambda: _sleeps(zombie.pid))
        world.settles(1500)
        world.publish(sent[1500:2000])
        world.settles(2000)
        before, said = _profiles(world), len(world.log("one").read_text())
        os.kill(zombie.pid, signal.SIGCONT)
        wait_until(lambda: re.search("^(SAVED|REFUSED)", world.log("one").read_text()[said:], re.MULTILINE))
        assert _profiles(world) == before
        world.publish(sent[2000:])
        world.settles(len(sent))
    assert world.verified(complete=True, clean=world.undisturbed(sent))["alerts"] > 60


def _profiles(world: World) -> dict[bytes, bytes | None]:
    """All profiles as they stand in Redis, with their revisions."""
    with Redis.from_url(world.settings.redis_url) as redis:
        return {key: redis.get(key) for key in redis.scan_iter(world.settings.keyspace("profile:*"))}


def _sleeps(pid: int) -> bool:
    """Whether a process is stopped by a signal."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"
