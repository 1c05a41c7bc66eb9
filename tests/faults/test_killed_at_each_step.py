"""Case 1: SIGKILL at each step of a batch; with the model frozen, what comes out is what would have come out anyway."""

import pytest

from tests.faults.faulty_worker import POINTS
from tests.faults.traffic import history
from tests.faults.world import World

pytestmark = [pytest.mark.faults, pytest.mark.integration, pytest.mark.timeout(150)]

SMALL = {"EBBFLOW_BATCH_RECORDS": "200"}


@pytest.mark.parametrize("point", POINTS)
def test_a_worker_killed_at_a_step_of_a_batch_changes_nothing(world: World, point: str) -> None:
    sent = history(3000)
    world.publish(sent)
    # A batch here has about four steps.
    for nth in (2, 7) if point == "before-ack" else (5, 40):
        with world.worker(at=point, nth=nth, **SMALL) as worker:
            world.dies(worker)
    with world.worker(**SMALL):
        world.settles(len(sent))
    figures = world.verified(complete=True, clean=world.undisturbed(sent))
    assert figures["alerts"] > 60
    assert figures["outcomes"] > 60


def test_an_alert_that_is_published_again_says_the_same(world: World) -> None:
    sent = history(400, per_tick=400)
    world.publish(sent[:200])
    for more in (200, 300):
        with world.worker(at="after-publish") as worker:
            world.dies(worker)
        world.publish(sent[more : more + 100])
    with world.worker():
        world.settles(len(sent))
    figures = world.verified(complete=True, clean=world.undisturbed(sent))
    assert figures["alerts published again"] > 0
