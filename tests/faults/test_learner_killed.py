"""The learner, killed at each step or with a broken model: what it knows afterwards is what it would have known anyway.

Equal is all that the learner knows, to the last bit of every number (`knowledge`), but not the version: that counts
publications, which are made by the clock. The undisturbed one is a learner in the test itself, to which no worker,
broker or store has ever happened.
"""

from collections import defaultdict
from pathlib import Path

import pytest

from processors.learning.learner import Learner
from schemas.alert import Alert, AlertKind
from schemas.settings import Settings
from streams.group import committed
from streams.store.models import ModelStore
from streams.topics import OUTCOMES, declare
from streams.worker.scorer import Scorer
from tests.faults.conftest import OWN
from tests.faults.log import records_of
from tests.faults.world import CleanRuns, World
from tests.harness import wait_until
from tests.integration.outcomes import knowledge, outcomes, taught
from tests.integration.teaching import asked, flip, publish, saved

pytestmark = [pytest.mark.faults, pytest.mark.integration, pytest.mark.timeout(240)]

SENT = outcomes(1600, change=700)
SMALL = {"EBBFLOW_BATCH_RECORDS": "100", "EBBFLOW_CHECKPOINT_EVERY": "100ms"}
STEPS = ("after-learning", "before-model", "after-model", "before-say", "after-publish", "before-ack")


@pytest.fixture
def world(settings: Settings, tmp_path: Path, clean_runs: CleanRuns, request: pytest.FixtureRequest) -> World:
    """A world whose workers learn, and do nothing else."""
    own = settings.model_copy(update=OWN | {"role": "learner"})
    declare(own)
    return World(own, tmp_path, clean_runs, request.node.user_properties)


def settles(world: World) -> None:
    """Wait until everything is learned from."""
    wait_until(lambda: saved(world.settings).learned.get(0) == len(SENT) - 1, within=90, every=0.3)


def same_as(undisturbed: Learner, after: Learner) -> None:
    """Fail unless it knows the same; of how many outcomes first, which says more than bytes do."""
    assert after.outcomes == undisturbed.outcomes
    assert knowledge(after) == knowledge(undisturbed)


def drifts(world: World) -> dict[str, list[bytes]]:
    """What was said under each id, as often as it was said."""
    said = defaultdict[str, list[bytes]](list)
    for record in records_of(world.settings.broker_url, world.settings.topic("alerts")):
        alert = Alert.model_validate_json(record.value)
        assert alert.kind is AlertKind.MODEL_DRIFT
        said[alert.id].append(record.value)
    return said


@pytest.mark.parametrize("step", STEPS)
def test_a_learner_killed_at_a_step_knows_what_it_would_have_known(world: World, step: str) -> None:
    """Tried without its guards, one at a time:

    - what was learned being passed over, by offset and by id (`Learning.work`): before-ack, 2,300 outcomes learned of
      1,600;
    - a batch being done when it is saved, and the place in the log being checked: done as soon as it was learned, and
      nothing being checked, before-model, 1,100 outcomes learned of 1,600;
    - what is to be said being saved with the model (`ModelStore.edition`): before-say, nobody ever said it.
    """
    publish(world.settings, SENT)
    # Only a drift has anything to say, and whoever comes next says it again, first of all.
    for nth in (1, 1) if step in ("before-say", "after-publish") else (1, 4):
        with world.worker(at=step, nth=nth, **SMALL) as worker:
            world.dies(worker)
    with world.worker(**SMALL):
        settles(world)
        undisturbed = taught(SENT)
        wait_until(lambda: len(drifts(world)) == undisturbed.drift.count)
    said = drifts(world)
    world.told += [("killed", world.killed), ("drifts", len(said)), ("said", sum(map(len, said.values())))]
    same_as(undisturbed, saved(world.settings).learner)
    assert [len(set(contents)) for contents in said.values()] == [1] * undisturbed.drift.count != []


def test_a_flipped_bit_is_refused_by_learner_and_scorer_and_nothing_is_lost(world: World) -> None:
    """Everything was committed before, and nothing new comes: the learner goes back by itself.

    Tried without its guards, one at a time:

    - going back to where the model stands (`BehindError`): nothing was ever learned again;
    - the seal being checked (`Seal.open`): a scorer took the model with the flipped bit.
    """
    publish(world.settings, SENT)
    with world.worker(**SMALL) as worker:
        settles(world)
        wait_until(lambda: committed(world.settings, OUTCOMES) == {0: len(SENT)})
        world.kill(worker)
    before = asked(world.settings, _refreshed).models.version
    for field in ("learner", "serving"):
        flip(world.settings, field)
    fresh = asked(world.settings, _refreshed)
    assert 0 < fresh.models.version < before
    with world.worker(**SMALL):
        wait_until(lambda: world.said("is refused, going on from version"))
        wait_until(lambda: asked(world.settings, _refreshed).models.version > before)
        settles(world)
    same_as(taught(SENT), saved(world.settings).learner)
    assert asked(world.settings, _refreshed).models.outcomes == len(SENT)


async def _refreshed(store: ModelStore) -> Scorer:
    scorer = Scorer(store)
    await scorer.refresh()
    return scorer
