"""State in Redis: nobody overwrites what they have not seen, and nothing unsealed is ever read."""

import secrets
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
import pytest_asyncio
from pydantic import SecretStr
from redis.asyncio import Redis

from processors.advance import advance
from schemas.profile import Profile
from schemas.settings import Settings
from streams.store.documents import PUBLISHED
from streams.store.models import Checkpoint, ModelStore, SupersededError
from streams.store.partitions import MOST_DUE, Message, MovedError, PartitionStore, Standing
from streams.store.profiles import ProfileStore
from streams.store.seal import BrokenSealError, seal_of
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


NOWHERE = Standing(None, 0.0)


async def save(redis: Redis, settings: Settings, *profiles: Profile) -> Sequence[str]:
    """Save profiles by a step of a partition that moves nothing."""
    store = PartitionStore(redis, settings)
    standing = (await store.load(0)).standing
    return (await store.save(0, standing, standing.position, standing.time, profiles, {}, {})).conflicts


async def test_a_profile_comes_back_as_it_was_saved(redis: Redis, settings: Settings) -> None:
    customers = ["ada", "böb", "anon:7 of 9", "x" * 256]
    profiles = {customer: some(customer) for customer in customers}
    assert await save(redis, settings, *profiles.values()) == []
    reader = ProfileStore(redis, settings)
    for found in (
        await reader.load([*customers, "nobody"]),
        (await PartitionStore(redis, settings).load(0, [*customers, "nobody"])).profiles,
    ):
        for customer, profile in profiles.items():
            assert found[customer].facts == profile.facts
            assert found[customer].judgements == profile.judgements
            assert (found[customer].at, found[customer].revision) == ({2: 4}, 1)
        assert found["nobody"] == Profile("nobody")
    assert {profile.customer async for profile in reader.every()} == set(customers)


async def test_a_writer_that_lost_the_race_overwrites_nothing(redis: Redis, settings: Settings) -> None:
    store = PartitionStore(redis, settings)
    await save(redis, settings, some("ada"), some("bob"))
    loaded = await store.load(0, ["ada", "bob"])
    ada, bob = loaded.profiles.values()
    # As another partition would.
    assert (await store.save(1, NOWHERE, 3, 1.0, [ada], {}, {})).conflicts == []
    said: dict[str, list[Message]] = {name: [("alerts", name, "{}")] for name in ("ada", "bob")}
    saved = await store.save(0, loaded.standing, 7, 1.0, [ada, bob], {}, said)
    assert saved.conflicts == ["ada"]
    after = await store.load(0, ["ada", "bob"])
    assert [profile.revision for profile in after.profiles.values()] == [2, 2]
    assert after.standing == saved.standing
    assert after.standing.position is None, "what is left over must be done before the position moves"
    assert list(after.unsaid) == said["bob"], "who was not saved has said nothing"


async def test_a_worker_that_was_overtaken_writes_nothing(redis: Redis, settings: Settings) -> None:
    store = PartitionStore(redis, settings)
    loaded = await store.load(3, ["ada"])
    saved = await store.save(3, loaded.standing, 10, 50.0, [some("ada")], {}, {"ada": [("alerts", "ada", '"é"')]})
    assert (saved.standing.position, saved.standing.time, saved.conflicts) == (10, 50.0, [])
    with pytest.raises(MovedError):
        await store.save(3, loaded.standing, 5, 40.0, [some("ada"), some("bob")], {"bob": 1.0}, {})
    after = await store.load(3, ["ada", "bob"], now=100.0)
    assert after.standing == saved.standing
    assert [profile.revision for profile in after.profiles.values()] == [1, 0]
    assert after.due == []
    assert (await store.load(4)).standing == NOWHERE


async def test_what_was_to_be_said_stays_until_it_is_said(redis: Redis, settings: Settings) -> None:
    store = PartitionStore(redis, settings)
    said: list[Message] = [("alerts", "ada", '{"who": "é"}'), ("outcomes", "ada", "{}")]
    saved = await store.save(5, NOWHERE, 10, 50.0, [some("ada")], {}, {"ada": said})
    assert list((await store.load(5)).unsaid) == said
    assert list((await store.load(5, published="another step")).unsaid) == said
    assert list((await store.load(5, published=saved.standing.step)).unsaid) == []
    assert list((await store.load(5)).unsaid) == []
    again = await store.save(5, saved.standing, 11, 51.0, [some("bob")], {}, {"bob": said[:1]})
    await store.save(5, again.standing, 12, 52.0, [some("cleo")], {}, {})
    assert list((await store.load(5)).unsaid) == [], "whoever saves has published what was there before"


async def test_any_service_can_read_the_scores(redis: Redis, settings: Settings) -> None:
    await save(redis, settings, some("ada"), Profile("new"))
    fields = await redis.hmget(settings.keyspace("customer:ada"), *PUBLISHED)
    published = dict(zip(PUBLISHED, (field.decode() for field in fields), strict=True))
    assert published["churn_risk"] == "0.9"
    assert published["touchpoints"] == "5"
    assert float(published["last_seen"]) == day(4)
    assert published["warming_up"] == "0"
    unknown = await redis.hmget(settings.keyspace("customer:new"), *PUBLISHED)
    assert unknown == [b""] * 6 + [b"0"] * 5 + [b""]


async def test_scripts_survive_a_restarted_server(redis: Redis, settings: Settings) -> None:
    await save(redis, settings, some("ada"))
    await redis.script_flush()
    assert (await PartitionStore(redis, settings).load(0, ["ada"])).profiles["ada"].revision == 1


async def test_timers_fire_by_partition_in_order(redis: Redis, settings: Settings) -> None:
    store = PartitionStore(redis, settings)

    async def keep(partition: int, now: float, timers: dict[str, float]) -> None:
        standing = (await store.load(partition)).standing
        await store.save(partition, standing, None, now, [], timers, {})

    async def due(partition: int, now: float) -> list[str]:
        return list((await store.load(partition, now=now)).due)

    await keep(1, 50.0, {"late": 40.0, "early": 10.0, "later": 60.0})
    await keep(2, 99.5, {"elsewhere": 1.0})
    assert await due(1, 50.0) == ["early", "late"]
    await keep(1, 55.0, {"early": 0.0, "late": 70.0})
    assert await due(1, 65.0) == ["later"]
    assert [(await store.load(partition)).standing.time for partition in (1, 2)] == [55.0, 99.5]
    await keep(1, 55.0, {f"customer {n}": 1.0 for n in range(MOST_DUE + 5)})
    assert len(await due(1, 65.0)) == MOST_DUE


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
    await save(redis, settings, *(some(f"customer {n}") for n in range(2500)))
    listed = [profile.customer async for profile in ProfileStore(redis, settings).every()]
    assert len(listed) >= 2500
    assert len(set(listed)) == 2500
