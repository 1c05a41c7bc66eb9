"""Case 4, Redis: killed, stalled, full, a replica, behind, empty. The store is the test's own."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from redis import Redis

from tests.faults.store import AOF, FragileStore
from tests.faults.traffic import freeze_model, history
from tests.faults.world import World
from tests.harness import wait_until
from tests.integration.working import ebbflow

pytestmark = [pytest.mark.faults, pytest.mark.integration, pytest.mark.timeout(180)]

SMALL = {"EBBFLOW_BATCH_RECORDS": "100"}
SLOWLY = {"at": "after-load", "do": "0.02"}
STALL = 5.0


@pytest.fixture
def store(tmp_path: Path) -> Iterator[FragileStore]:
    """A store that keeps what it has answered."""
    folder = tmp_path / "store"
    folder.mkdir()
    with FragileStore(folder, *AOF) as running:
        yield running


@pytest.fixture
def snapshots(tmp_path: Path) -> Iterator[FragileStore]:
    """A store that keeps what it had when it was last told to save."""
    folder = tmp_path / "snapshots"
    folder.mkdir()
    with FragileStore(folder) as running:
        yield running


@pytest.mark.parametrize(
    ("outage", "seconds"),
    [
        (FragileStore.gone, 2.0),
        (FragileStore.stalled, STALL),
        (FragileStore.full, 2.0),
        (FragileStore.read_only, 2.0),
    ],
)
def test_redis_fails_for_a_while(
    make_world: Callable[..., World],
    store: FragileStore,
    outage: Callable[[FragileStore], AbstractContextManager[None]],
    seconds: float,
) -> None:
    """Tried without the guard (`Patience` trying nothing again): the worker stopped, in each of the four."""
    world, sent = make_world(redis_url=store.redis_url), history()
    with world.worker(**SLOWLY, **SMALL):
        world.publish(sent[:2000])
        wait_until(lambda: world.folded() > 300)
        with outage(store):
            if outage is not FragileStore.stalled:
                wait_until(lambda: world.said("Redis failed"))
            # How long it lasts is the fault.
            time.sleep(seconds)
        world.publish(sent[2000:])
        world.settles(len(sent))
    assert world.verified(complete=True, clean=world.undisturbed(sent))["alerts"] > 60


def test_redis_comes_back_without_its_last_writes_under_a_running_worker(
    make_world: Callable[..., World], snapshots: FragileStore
) -> None:
    """Tried without the guard (`Standings.check`): the 1,000 touchpoints that Redis lost were never folded again.

    An alert may say something else the second time: the state that it came of is gone.
    """
    world, sent = make_world(redis_url=snapshots.redis_url), history()
    with world.worker(**SMALL):
        world.publish(sent[:1000])
        world.settles(1000)
        _save(snapshots)
        world.publish(sent[1000:2000])
        world.settles(2000)
        with snapshots.gone():
            pass
        world.publish(sent[2000:])
        world.settles(len(sent))
        assert world.said("lost its last writes")
    assert world.verified(complete=True, clean=world.undisturbed(sent), differs=True)["alerts"] > 60


def test_redis_came_back_without_its_last_writes_while_no_worker_ran(
    make_world: Callable[..., World], snapshots: FragileStore
) -> None:
    """Tried without the guard (`Standings.check`): Redis stayed behind for good."""
    world, sent = make_world(redis_url=snapshots.redis_url), history()
    world.publish(sent[:1000])
    with world.worker(**SMALL):
        world.settles(1000)
        _save(snapshots)
        world.publish(sent[1000:2000])
        world.settles(2000)
    with snapshots.gone():
        pass
    assert world.folded() == 1000
    with world.worker(**SMALL):
        # No record comes that could remind anybody.
        world.settles(2000)
        world.publish(sent[2000:])
        world.settles(len(sent))
    assert world.verified(complete=True, clean=world.undisturbed(sent), differs=True)["alerts"] > 60


@pytest.mark.parametrize("running", [True, False])
def test_an_empty_redis_stops_the_worker_and_a_rebuild_restores_the_facts(
    make_world: Callable[..., World], store: FragileStore, running: bool
) -> None:
    """Tried without the guards (`Standings.check` under a running worker, `check_log` at its start): it went on."""
    world, sent = make_world(redis_url=store.redis_url), history()
    world.publish(sent[:1000])
    with world.worker(**SMALL) as worker:
        world.settles(1000)
        if running:
            _empty(store)
            wait_until(lambda: worker.status is not None)
            assert worker.status == 1
        else:
            assert worker.stop() == 0
    if not running:
        _empty(store)
        with world.worker(**SMALL) as worker:
            wait_until(lambda: worker.status is not None)
            assert worker.status == 1
    assert world.said("ebbflow rebuild")
    assert world.folded() == 0
    freeze_model(world.settings)
    world.publish(sent[1000:1500])
    rebuilt = ebbflow(world.settings, "rebuild", "--yes")
    assert rebuilt.returncode == 0, rebuilt.stdout + rebuilt.stderr
    assert world.folded() == 1000
    with world.worker(**SMALL):
        world.publish(sent[1500:])
        world.settles(len(sent))
    assert world.verified(complete=True, clean=world.undisturbed(sent))["alerts"] > 60


def _empty(store: FragileStore) -> None:
    store.kill()
    store.start(empty=True)


def _save(store: FragileStore) -> None:
    with Redis.from_url(store.redis_url) as redis:
        redis.save()
