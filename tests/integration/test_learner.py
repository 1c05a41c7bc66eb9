"""The learner: learns what came due, and goes on exactly where its model stands when it was killed."""

import os
import random
import signal
from pathlib import Path

import pytest
from pydantic import SecretStr
from redis.asyncio import Redis

from processors.learning import Learner
from schemas.settings import Settings
from streams.store.models import ModelStore
from tests.harness import wait_until
from tests.integration.working import producer_for, running_worker
from tests.unit.test_learning import outcome

pytestmark = pytest.mark.integration


def learned(settings: Settings) -> Learner:
    import asyncio

    async def load() -> Learner:
        redis = Redis.from_url(settings.redis_url)
        try:
            return (await ModelStore(redis, settings).checkpoint()).learner
        finally:
            await redis.aclose()

    return asyncio.run(load())


def test_a_killed_learner_goes_on_where_its_model_stands(settings: Settings, tmp_path: Path) -> None:
    settings = settings.model_copy(update={"model_key": SecretStr("a key for this test"), "role": "learner"})
    producer, chance, undisturbed = producer_for(settings), random.Random(9), Learner()
    outcomes = [outcome(chance) for _ in range(3000)]
    for one in outcomes:
        undisturbed.learn(one)

    def publish(first: int, last: int) -> None:
        for one in outcomes[first:last]:
            producer.send(settings.topic("outcomes"), value=one.model_dump_json().encode())
        producer.flush()

    log = tmp_path / "learner.log"
    with running_worker(settings, log, EBBFLOW_BATCH_RECORDS="300", EBBFLOW_CHECKPOINT_EVERY="200ms") as worker:
        publish(0, 1000)
        wait_until(lambda: learned(settings).outcomes >= 300)
        publish(1000, 2000)
        os.kill(worker.pid, signal.SIGKILL)
    publish(2000, 3000)
    producer.send(settings.topic("outcomes"), value=b"no outcome at all").get(10)
    with running_worker(settings, log):
        wait_until(lambda: learned(settings).outcomes >= 3000)
    after, features = learned(settings), list(outcome(chance).features.values())
    assert after.outcomes == 3000
    assert after.serve().churn(features) == undisturbed.serve().churn(features)
    assert after.serve().engagement(features) == undisturbed.serve().engagement(features)
