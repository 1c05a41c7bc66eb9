"""One budget for all partitions and workers: what is spent is spent once, and no more than there is."""

import json
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from pydantic import SecretStr
from redis.asyncio import Redis as AsyncRedis

from processors.budget import Budget
from processors.decay import DAY
from schemas.profile import Profile
from schemas.settings import Settings
from streams.rebuild import clear
from streams.store.models import Checkpoint
from streams.store.partitions import Loaded, MovedError, PartitionStore, SpentError, Standing
from tests.harness import records_of, wait_until
from tests.integration.teaching import asked
from tests.integration.working import environment_of, folded, producer_for, running_worker
from tests.nursery import Forked
from tests.unit.learning.world import taught

pytestmark = pytest.mark.integration

MOST, A_DAY, DAYS = 7, 60, 3
CUSTOMERS = A_DAY * DAYS
BEGIN = datetime(2026, 3, 2, tzinfo=UTC).timestamp()
NOWHERE = Standing(None, 0.0)
SMALL = {"EBBFLOW_BATCH_RECORDS": "3", "EBBFLOW_TICK": "1h"}


@pytest.fixture
def thrifty(settings: Settings) -> Settings:
    """A policy under which everybody is a candidate at once, and few can have an alert."""
    policy = settings.policy.model_copy(
        update={
            "churn_opens": 0.02, "churn_closes": 0.01, "hold": timedelta(0), "churn_alerts_per_day": MOST,
            "predict_every": timedelta(days=30),
        }
    )  # fmt: skip
    key = SecretStr("a key for this test")
    return settings.model_copy(update={"policy": policy, "role": "profiles", "model_key": key})


@pytest_asyncio.fixture
async def store(thrifty: Settings) -> AsyncIterator[PartitionStore]:
    redis = AsyncRedis.from_url(thrifty.redis_url)
    yield PartitionStore(redis, thrifty)
    await redis.aclose()


def freeze_model(settings: Settings) -> None:
    """Serve one warm model, which nobody teaches any more, and to which everybody is at risk."""
    learner = taught(600, noise=True)
    learner.version = 0
    asked(settings, lambda store: store.publish(store.edition(Checkpoint(learner, {}))))


def publish(settings: Settings) -> None:
    """Customers of three days, over all partitions: spread over each day, and some more in its last minute."""
    producer = producer_for(settings)
    for place in range(CUSTOMERS):
        date, number = divmod(place, A_DAY)
        at = BEGIN + DAY * (date + number / 40) if number < 40 else BEGIN + DAY * (date + 1) - 61 + number
        event = {
            "type": "track", "event": "Order Completed", "userId": f"customer {place}", "messageId": f"{place}",
            "properties": {"revenue": 10 + place % 17, "currency": "EUR"},
        }  # fmt: skip
        producer.send(
            settings.topic("touchpoints"), json.dumps(event).encode(), event["userId"].encode(),
            partition=place % settings.partitions, timestamp_ms=round(at * 1000),
        )  # fmt: skip
    producer.flush()
    producer.close()


def opened(settings: Settings) -> Counter[str]:
    """Churn alerts that opened, by the day; an alert that was published again is the same one."""
    alerts = {alert["id"]: alert for alert in (json.loads(record.value) for record in records_of(settings, "alerts"))}
    return Counter(a["at"][:10] for a in alerts.values() if a["kind"] == "churn.risk" and a["state"] == "opened")


FULL = Counter({f"2026-03-{2 + date:02}": MOST for date in range(DAYS)})


def test_workers_on_several_partitions_spend_one_budget(thrifty: Settings, tmp_path: Path) -> None:
    freeze_model(thrifty)
    publish(thrifty)
    with (
        running_worker(thrifty, tmp_path / "one.log", **SMALL),
        running_worker(thrifty, tmp_path / "two.log", **SMALL),
    ):
        wait_until(lambda: folded(thrifty) == CUSTOMERS)
        # The last step is saved first, and published then.
        wait_until(lambda: opened(thrifty) == FULL, every=1)


@pytest.mark.thorough
def test_a_worker_killed_between_save_and_publish_spends_nothing_twice(thrifty: Settings, tmp_path: Path) -> None:
    freeze_model(thrifty)
    publish(thrifty)
    environment = environment_of(thrifty) | SMALL | {"EBBFLOW_WORKER_METRICS_PORT": "0"}
    # While the first waits to be killed, all but one partition go on: not too much may be left to the second.
    for nth in ("9", "5"):
        killed = environment | {"FAULT_AT": "after-save", "FAULT_NTH": nth}
        with Forked("worker", "tests.faults.faulty_worker", [], tmp_path / f"{nth}.log", killed) as worker:
            wait_until(lambda worker=worker: worker.status is not None)
    with running_worker(thrifty, tmp_path / "worker.log", **SMALL):
        wait_until(lambda: folded(thrifty) == CUSTOMERS)
        wait_until(lambda: opened(thrifty) == FULL, every=1)


async def asking(store: PartitionStore, partition: int, customer: str) -> tuple[Loaded, Budget]:
    """A step that is loaded, and in which somebody has asked the budget."""
    loaded = await store.load(partition, [customer])
    assert loaded.budget is not None
    loaded.budget.offer(5.0, 0.9, BEGIN, 1)
    return loaded, loaded.budget


async def test_what_was_spent_meanwhile_is_not_spent_again(store: PartitionStore) -> None:
    one, first = await asking(store, 0, "ada")
    two, second = await asking(store, 1, "bob")
    await store.save(0, one.standing, 5, 1.0, [Profile("ada")], {}, {}, (0, first))
    with pytest.raises(SpentError) as caught:
        await store.save(1, two.standing, 7, 1.0, [Profile("bob")], {"bob": 9.0}, {}, (0, second))
    assert caught.value.budget == first
    after = await store.load(1, ["bob"], now=10.0)
    assert (after.standing, after.due, after.profiles["bob"].revision) == (NOWHERE, [], 0), "nothing of it was saved"
    assert not caught.value.budget.offer(9.0, 0.9, BEGIN, 1)
    await store.save(1, two.standing, 7, 1.0, [Profile("bob")], {}, {}, (1, caught.value.budget))
    assert (await store.load(2)).budget == caught.value.budget


async def test_steps_in_which_nobody_asks_never_collide(store: PartitionStore) -> None:
    one, first = await asking(store, 0, "ada")
    two = await store.load(1, ["bob"])
    await store.save(0, one.standing, 5, 1.0, [Profile("ada")], {}, {}, (0, first))
    assert (await store.save(1, two.standing, 7, 1.0, [Profile("bob")], {}, {})).conflicts == []
    assert (await store.load(2)).budget == first


async def test_nothing_is_spent_on_somebody_who_was_saved_elsewhere(store: PartitionStore) -> None:
    one, first = await asking(store, 0, "ada")
    await store.save(1, NOWHERE, 3, 1.0, [Profile("ada")], {}, {})
    with pytest.raises(MovedError):
        await store.save(0, one.standing, 5, 1.0, [Profile("ada"), Profile("bob")], {}, {}, (0, first))
    after = await store.load(0, ["bob"])
    assert (after.standing, after.budget, after.profiles["bob"].revision) == (NOWHERE, Budget(), 0)


async def test_a_rebuild_begins_with_a_whole_budget(store: PartitionStore, thrifty: Settings) -> None:
    one, first = await asking(store, 0, "ada")
    await store.save(0, one.standing, 5, 1.0, [Profile("ada")], {}, {}, (0, first))
    clear(thrifty)
    assert (await store.load(0)).budget == Budget()


async def test_without_a_budget_none_is_asked_for(settings: Settings) -> None:
    redis = AsyncRedis.from_url(settings.redis_url)
    try:
        assert (await PartitionStore(redis, settings).load(0)).budget is None
    finally:
        await redis.aclose()
