"""`ebbflow rebuild`: an emptied Redis is noticed, and the profiles come out of the log as they were."""

import asyncio
import json
import random
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiokafka.client import AIOKafkaClient
from pydantic import SecretStr
from redis import Redis
from redis.asyncio import Redis as AsyncRedis

from processors.features import extract
from processors.learning.serving import ServedModels
from processors.scoring import score
from schemas.settings import Settings
from streams.demo.shop import Shop
from streams.rebuild import plan
from streams.rebuild import rebuild as fold_again
from streams.store.erased import digest_of
from streams.store.models import Checkpoint, ModelStore
from tests.harness import records_of, wait_until
from tests.integration.working import ebbflow, folded, producer_for, profiles_of, running_worker
from tests.unit.learning.world import taught

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

CUSTOMERS, DAYS = 60, 120
BEGIN = 1_735_689_600.0
"""2025-01-01 00:00 UTC."""


def publish_history(settings: Settings, count: int, seed: int = 5) -> None:
    """Touchpoints of four months, dated as they happened, some of them sent twice."""
    chance, producer = random.Random(seed), producer_for(settings)
    for place in range(count):
        who, at = f"c{chance.randrange(CUSTOMERS)}", BEGIN + place / count * DAYS * 86_400
        event = chance.choice(["Product Viewed", "Order Completed", "Ticket Created", "NPS Submitted"])
        value = {
            "type": "track", "event": event, "userId": who, "messageId": f"m{seed}-{place}",
            "properties": {"revenue": chance.randrange(1, 9999) / 100, "score": chance.randrange(11)},
        }  # fmt: skip
        for _ in range(1 + (chance.random() < 0.1)):
            producer.send(
                settings.topic("touchpoints"), key=who.encode(), value=json.dumps(value).encode(),
                timestamp_ms=round(at * 1000),
            )  # fmt: skip
    producer.flush()
    producer.close()


def publish_shop(settings: Settings) -> int:
    """Two months of the simulated shop, dated as it happened; how many touchpoints that was."""
    events, producer = Shop(40, BEGIN, seed=3).events_until(BEGIN + 60 * 86_400), producer_for(settings)
    for event in events:
        customer = event.get("userId") or f"anon:{event['anonymousId']}"
        at = datetime.fromisoformat(event["timestamp"]).timestamp()
        producer.send(
            settings.topic("touchpoints"), key=customer.encode(), value=json.dumps(event).encode(),
            timestamp_ms=round(at * 1000),
        )  # fmt: skip
    producer.flush()
    producer.close()
    return len(events)


def freeze_model(settings: Settings) -> ServedModels:
    """Serve one warm model, which nobody teaches any more."""

    async def publish() -> ServedModels:
        redis = AsyncRedis.from_url(settings.redis_url)
        try:
            store, learner = ModelStore(redis, settings), taught(1000)
            learner.version = 0
            await store.publish(store.edition(Checkpoint(learner, {})))
            served = await store.serving()
            assert served is not None
            return served
        finally:
            await redis.aclose()

    return asyncio.run(publish())


def facts_of(settings: Settings) -> dict[str, bytes]:
    return {customer: msgspec.json.encode(profile.facts) for customer, profile in profiles_of(settings).items()}


def empty(settings: Settings) -> None:
    with Redis.from_url(settings.redis_url) as redis:
        for key in redis.scan_iter(settings.keyspace("*")):
            redis.delete(key)


@pytest.fixture
def short(settings: Settings) -> Settings:
    """A policy under which four months bring alerts and outcomes."""
    policy = settings.policy.model_copy(update={"horizon": timedelta(days=10), "predict_every": timedelta(days=5)})
    return settings.model_copy(update={"policy": policy, "role": "profiles"})


@pytest.mark.thorough
def test_an_emptied_redis_is_noticed_and_rebuilt_with_the_same_facts(short: Settings, tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    with running_worker(short, log) as worker:
        publish_history(short, 1500)
        wait_until(lambda: folded(short) >= 1500, within=60)
        before = facts_of(short)
        assert worker.stop() == 0
    outcomes = len(records_of(short, "outcomes"))
    assert outcomes > 100

    empty(short)
    with running_worker(short, log) as worker:
        wait_until(lambda: worker.status is not None)
        assert worker.status == 1
    assert "`ebbflow rebuild`" in log.read_text()

    assert ebbflow(short, "rebuild").returncode != 0, "it forgets profiles, so it asks first"
    done = ebbflow(short, "rebuild", "--yes")
    assert done.returncode == 0, done.stderr
    assert facts_of(short) == before
    assert len(records_of(short, "outcomes")) == outcomes, "what was published before is not published again"

    # And the worker goes on from there.
    with running_worker(short, log):
        publish_history(short, 1, seed=6)
        wait_until(lambda: folded(short) == 1501)
    after = facts_of(short)
    assert sum(after[customer] != facts for customer, facts in before.items()) == 1


@pytest.mark.thorough
def test_a_broker_that_is_slow_to_answer_hides_nothing(
    short: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_worker(short, tmp_path / "worker.log") as worker:
        publish_history(short, 300)
        wait_until(lambda: folded(short) >= 300)
        assert worker.stop() == 0
    before = facts_of(short)
    empty(short)
    producer = producer_for(short)
    producer.send(short.topic("erased"), key=digest_of("c7").encode(), value=b"{}").get(30)
    producer.close()
    send, met = AIOKafkaClient.send, set[int]()

    async def slowly(client: AIOKafkaClient, node: Any, request: Any, **more: Any) -> Any:
        if type(request).__name__.startswith("Fetch") and id(client) not in met:
            met.add(id(client))
            await asyncio.sleep(1.5)
        return await send(client, node, request, **more)

    monkeypatch.setattr(AIOKafkaClient, "send", slowly)
    fold_again(short, plan(short), lambda done: None)
    assert before.pop("c7")
    assert facts_of(short) == before


def test_the_shop_comes_out_of_the_log_with_the_same_facts_and_scores(short: Settings, tmp_path: Path) -> None:
    short = short.model_copy(update={"model_key": SecretStr("a key for this test")})
    model = freeze_model(short)
    count = publish_shop(short)
    with running_worker(short, tmp_path / "worker.log", EBBFLOW_BATCH_RECORDS="170") as worker:
        wait_until(lambda: folded(short) == count, within=120)
        assert worker.stop() == 0
    before = profiles_of(short)
    assert ebbflow(short, "rebuild", "--yes").returncode == 0
    after = profiles_of(short)
    assert facts_of(short) == {customer: msgspec.json.encode(profile.facts) for customer, profile in before.items()}
    scored = 0
    for customer, profile in before.items():
        scores, facts = profile.judgements.scores, after[customer].facts
        if scores is not None:
            scored += 1
            known = scores.lifetime  # Worked out no oftener than predictions are made.
            assert score(facts, extract(facts, scores.at), scores.at, model, short.policy, known) == scores
    assert scored > 10


def test_a_redis_emptied_under_a_worker_stops_it(short: Settings, tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    with running_worker(short, log) as worker:
        publish_history(short, 200)
        wait_until(lambda: folded(short) >= 200)
        empty(short)
        publish_history(short, 200, seed=7)
        wait_until(lambda: worker.status is not None)
        assert worker.status == 1
    assert "`ebbflow rebuild`" in log.read_text()
    assert folded(short) == 0, "nothing may be folded onto nothing"


def test_a_redis_that_lost_its_last_writes_gets_them_again(short: Settings, tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    with Redis.from_url(short.redis_url) as redis, running_worker(short, log):
        publish_history(short, 300)
        wait_until(lambda: folded(short) >= 300)
        copy = {key: redis.dump(key) for key in redis.scan_iter(short.keyspace("*"))}
        publish_history(short, 300, seed=8)
        wait_until(lambda: folded(short) >= 600)
        expected = facts_of(short)
        # In one step, as a Redis that comes back from its last snapshot: a worker that finds nothing stops for good.
        with redis.pipeline(transaction=True) as change:
            change.delete(*redis.scan_iter(short.keyspace("*")))
            for key, held in copy.items():
                change.restore(key, 0, held)
            change.execute()
        publish_history(short, 1, seed=9)
        wait_until(lambda: folded(short) == 601)
    assert "back to read these" in log.read_text()
    assert sum(facts_of(short)[customer] != facts for customer, facts in expected.items()) == 1


def test_workers_have_to_be_stopped_where_the_broker_can_tell(
    short: Settings, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    if pytestconfig.getoption("--kafka") == "embedded":
        pytest.skip("the embedded broker does not tell whether a group has members")
    with running_worker(short, tmp_path / "worker.log"):
        publish_history(short, 1)
        wait_until(lambda: folded(short) == 1)
        done = ebbflow(short, "rebuild", "--yes")
    assert done.returncode == 1
    assert "stop them all" in done.stderr
    assert folded(short) == 1
