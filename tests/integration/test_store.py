"""State in Redis: nobody overwrites what they have not seen, and nothing unsealed is ever read."""

import secrets
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from pydantic import SecretStr
from redis.asyncio import Redis

from processors.advance import advance
from schemas.profile import Profile
from schemas.settings import Settings
from streams.store.models import Checkpoint, ModelStore, SupersededError
from streams.store.profiles import PUBLISHED, ProfileStore
from streams.store.seal import BrokenSealError, seal_of
from streams.store.timers import MOST_DUE, TimerStore
from streams.worker.scorer import Scorer
from tests.unit.making import POLICY, FixedModels, day, touch
from tests.unit.test_learning import taught

pytestmark = pytest.mark.integration


@pytest_asyncio.fixture
async def redis(settings: Settings) -> AsyncIterator[Redis]:
    client = Redis.from_url(settings.redis_url)
    yield client
    await client.aclose()


def keyed(settings: Settings) -> Settings:
    return settings.model_copy(update={"model_key": SecretStr(secrets.token_hex(16))})


def some(customer: str) -> Profile:
    touches = [touch(n, customer=customer, partition=2, offset=n) for n in range(5)]
    return advance(Profile(customer), touches, day(5), FixedModels(churn=0.9), POLICY).profile


async def test_a_profile_comes_back_as_it_was_saved(redis: Redis, settings: Settings) -> None:
    store, customers = ProfileStore(redis, settings), ["ada", "böb", "anon:7 of 9", "x" * 256]
    profiles = {customer: some(customer) for customer in customers}
    assert await store.save(list(profiles.values())) == []
    found = await store.load([*customers, "nobody"])
    for customer, profile in profiles.items():
        assert found[customer].facts == profile.facts
        assert found[customer].judgements == profile.judgements
        assert (found[customer].at, found[customer].revision) == ({2: 4}, 1)
    assert found["nobody"] == Profile("nobody")
    assert {profile.customer async for profile in store.every()} == set(customers)


async def test_a_writer_that_lost_the_race_overwrites_nothing(redis: Redis, settings: Settings) -> None:
    store = ProfileStore(redis, settings)
    await store.save([some("ada"), some("bob")])
    loaded = await store.load(["ada", "bob"])
    assert await store.save([loaded["ada"]]) == []
    assert await store.save([loaded["ada"], loaded["bob"]]) == ["ada"]
    after = await store.load(["ada", "bob"])
    assert (after["ada"].revision, after["bob"].revision) == (2, 2)


async def test_any_service_can_read_the_scores(redis: Redis, settings: Settings) -> None:
    await ProfileStore(redis, settings).save([some("ada")])
    fields = await redis.hmget(settings.keyspace("customer:ada"), *PUBLISHED)
    published = dict(zip(PUBLISHED, (field.decode() for field in fields), strict=True))
    assert published["churn_risk"] == "0.9"
    assert published["touchpoints"] == "5"
    assert published["warming_up"] == "0"


async def test_scripts_survive_a_restarted_server(redis: Redis, settings: Settings) -> None:
    store = ProfileStore(redis, settings)
    await store.save([some("ada")])
    await redis.script_flush()
    assert (await store.load(["ada"]))["ada"].revision == 1


async def test_timers_fire_by_partition_in_order(redis: Redis, settings: Settings) -> None:
    timers = TimerStore(redis, settings)
    assert await timers.stream_time(1) == 0.0
    await timers.keep(1, 50.0, {"late": 40.0, "early": 10.0, "later": 60.0})
    await timers.keep(2, 99.5, {"elsewhere": 1.0})
    assert await timers.due(1, 50.0) == ["early", "late"]
    await timers.keep(1, 55.0, {"early": 0.0, "late": 70.0})
    assert await timers.due(1, 65.0) == ["later"]
    assert (await timers.stream_time(1), await timers.stream_time(2)) == (55.0, 99.5)
    await timers.keep(1, 55.0, {f"customer {n}": 1.0 for n in range(MOST_DUE + 5)})
    assert len(await timers.due(1, 65.0)) == MOST_DUE


async def test_a_new_model_is_picked_up_and_a_tampered_one_refused(redis: Redis, settings: Settings) -> None:
    store, learner = ModelStore(redis, keyed(settings)), taught(100)
    scorer = Scorer(store)
    await scorer.refresh()
    assert scorer.models.version == 0
    version = learner.version + 1
    await redis.hset(settings.keyspace("model"), "version", learner.version)
    await store.publish(store.edition(Checkpoint(learner, {0: 99})))
    await scorer.refresh()
    assert (scorer.models.version, scorer.models.outcomes) == (version, 100)

    await store.publish(store.edition(Checkpoint(learner, {0: 120})))
    sealed = bytearray(await redis.hget(settings.keyspace("model"), "serving"))
    sealed[len(sealed) // 2] ^= 1
    await redis.hset(settings.keyspace("model"), "serving", bytes(sealed))
    await scorer.refresh()
    assert scorer.models.version == version
    await store.publish(store.edition(Checkpoint(learner, {0: 130})))
    await scorer.refresh()
    assert scorer.models.version == version + 2


async def test_a_model_sealed_with_another_key_is_refused(redis: Redis, settings: Settings) -> None:
    store = ModelStore(redis, keyed(settings))
    await store.publish(store.edition(Checkpoint(taught(0), {})))
    with pytest.raises(BrokenSealError, match="EBBFLOW_MODEL_KEY"):
        await ModelStore(redis, keyed(settings)).checkpoint()


async def test_only_one_of_two_learners_publishes(redis: Redis, settings: Settings) -> None:
    store = ModelStore(redis, keyed(settings))
    one, two = await store.checkpoint(), await store.checkpoint()
    two.learned[0] = 7
    edition = store.edition(one)
    await store.publish(edition)
    await store.publish(edition)
    with pytest.raises(SupersededError):
        await store.publish(store.edition(two))
    assert (await store.checkpoint()).learned == {}


def test_without_a_key_one_is_made_for_this_user_and_kept(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    sealed = seal_of(settings).close(b"model")
    assert seal_of(settings).open(sealed) == b"model"
    assert (tmp_path / "ebbflow" / "model.key").stat().st_mode & 0o077 == 0


async def test_every_profile_is_listed(redis: Redis, settings: Settings) -> None:
    store = ProfileStore(redis, settings)
    await store.save([some(f"customer {n}") for n in range(2500)])
    listed = [profile.customer async for profile in store.every()]
    assert len(listed) >= 2500
    assert len(set(listed)) == 2500
