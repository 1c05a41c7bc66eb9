"""State in Redis: nobody overwrites what they have not seen, and nothing unsealed is ever read."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import msgspec
import pytest
import pytest_asyncio
from redis.asyncio import Redis

from processors.advance import advance
from schemas.facts import Facts
from schemas.profile import Profile
from schemas.settings import Settings
from streams.person import find
from streams.store.documents import PUBLISHED
from streams.store.partitions import MOST_DUE, Message, MovedError, PartitionStore, Standing
from streams.store.profiles import ProfileStore
from streams.store.seal import BrokenSealError, seal_of
from tests.unit.making import POLICY, FixedModels, day, touch

pytestmark = pytest.mark.integration


@pytest_asyncio.fixture
async def redis(settings: Settings) -> AsyncIterator[Redis]:
    client = Redis.from_url(settings.redis_url)
    yield client
    await client.aclose()


def some(customer: str) -> Profile:
    touches = [touch(n, customer=customer, partition=2, offset=n) for n in range(5)]
    return advance(Profile(customer), touches, day(5), FixedModels(churn=0.9), POLICY).profile


NOWHERE = Standing(None, 0.0)
TRACE = f"00-{7:032x}-{8:016x}-01"


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
    said: dict[str, list[Message]] = {name: [Message("alerts", name, "{}")] for name in ("ada", "bob")}
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
    saved = await store.save(
        3, loaded.standing, 10, 50.0, [some("ada")], {}, {"ada": [Message("alerts", "ada", '"é"')]}
    )
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
    said = [Message("alerts", "ada", '{"who": "é"}', trace=TRACE), Message("outcomes", "ada", "{}", 1767571200.5)]
    saved = await store.save(5, NOWHERE, 10, 50.0, [some("ada")], {}, {"ada": said})
    assert list((await store.load(5)).unsaid) == said
    assert list((await store.load(5, published="another step")).unsaid) == said
    assert list((await store.load(5, published=saved.standing.step)).unsaid) == []
    assert list((await store.load(5)).unsaid) == []
    again = await store.save(5, saved.standing, 11, 51.0, [some("bob")], {}, {"bob": said[:1]})
    await store.save(5, again.standing, 12, 52.0, [some("cleo")], {}, {})
    assert list((await store.load(5)).unsaid) == [], "whoever saves has published what was there before"


async def test_what_an_earlier_release_had_to_say_is_said(redis: Redis, settings: Settings) -> None:
    old = ("alerts", "ada", "{}", 0.0)
    await redis.hset(
        settings.keyspace("partition:6"), mapping={"step": "old", "messages": msgspec.msgpack.encode([old])}
    )
    assert (await PartitionStore(redis, settings).load(6)).unsaid == [Message(*old)]


async def test_any_service_can_read_the_scores(redis: Redis, settings: Settings) -> None:
    await save(redis, settings, some("ada"), Profile("new"))
    fields = await redis.hmget(settings.keyspace("customer:ada"), *PUBLISHED)
    published = dict(zip(PUBLISHED, (field.decode() for field in fields), strict=True))
    assert published["churn_risk"] == "0.9"
    assert published["touchpoints"] == "5"
    assert float(published["last_seen"]) == day(4)
    assert published["warming_up"] == "0"
    unknown = await redis.hmget(settings.keyspace("customer:new"), *PUBLISHED)
    assert unknown == [b""] * 6 + [b"0"] * 5 + [b""] * 8


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


def test_without_a_key_one_is_made_for_this_user_and_kept(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    sealed = seal_of(settings).close(b"model")
    assert seal_of(settings).open(sealed) == b"model"
    with pytest.raises(BrokenSealError):
        seal_of(settings).open(sealed[:-1] + b"L")
    assert (tmp_path / "ebbflow" / "model.key").stat().st_mode & 0o077 == 0


async def test_every_profile_is_listed(redis: Redis, settings: Settings) -> None:
    await save(redis, settings, *(some(f"customer {n}") for n in range(2500)))
    listed = [profile.customer async for profile in ProfileStore(redis, settings).every()]
    assert len(listed) >= 2500
    assert len(set(listed)) == 2500


async def test_a_person_is_found_however_often_they_moved(redis: Redis, settings: Settings) -> None:
    names = [f"ada {number}" for number in range(12)]
    moves = zip(names, [*names[1:], ""], [{}, *({name: {0: 1}} for name in names)], strict=False)
    moved = [Profile(name, Facts(moved_to=to, aliases=aliases)) for name, to, aliases in moves]
    await save(redis, settings, *moved)
    person = await find(redis, settings, "ada 0")
    assert person.keys[0] == "ada 11"
    assert sorted(person.profiles) == sorted(names)


async def test_whoever_was_erased_has_nothing_left_to_say(redis: Redis, settings: Settings) -> None:
    store = PartitionStore(redis, settings)
    about = [
        Message("alerts", "ada", '{"customer":"ada"}'),
        Message("touchpoints", "anon:kiosk", '{"type":"ebbflow.handover","customer":"anon:kiosk","to":"ada"}', 50.25),
        Message("touchpoints", "eve", '{"type":"ebbflow.absorb","customer":"eve","source":"anon:v","facts":{}}', 50.25),
    ]
    others = [Message("outcomes", "bob", '{"customer":"bob"}', trace=TRACE), Message("alerts", "bob", "{}", 50.25)]
    await store.save(5, NOWHERE, 10, 50.0, [some("ada"), some("bob")], {"ada": 60.0}, {"ada": about, "bob": others})
    await store.save(6, NOWHERE, 3, 50.0, [some("anon:v")], {"anon:v": 70.0}, {"anon:v": about})
    places = await store.erased.partitions()
    assert not await store.erased.erase({"ada": 1, "anon:v": 2}, places), "saved since it was found"
    assert not await store.erased.erase({"ada": 1, "anon:v": 1, "bob": 0}, places)
    assert [*(await store.load(5)).unsaid] == [*about, *others]
    assert await store.erased.erase({"ada": 1, "anon:v": 1}, places)
    left = [await store.load(partition, ["ada", "bob", "anon:v"], now=100.0) for partition in (5, 6)]
    assert [list(one.unsaid) for one in left] == [others, []]
    assert [one.due for one in left] == [[], []]
    assert [profile.revision for profile in left[0].profiles.values()] == [0, 1, 0]


async def test_a_newcomer_who_is_erased_before_being_saved_is_not_saved(redis: Redis, settings: Settings) -> None:
    store = PartitionStore(redis, settings)
    await save(redis, settings, some("bob"))
    loaded = await store.load(1, ["ada", "bob"])
    assert await store.erased.erase({"ada": 0}, [])
    both = [some("ada"), loaded.profiles["bob"]]
    saved = await store.save(1, loaded.standing, 7, 1.0, both, {}, {}, erasures=loaded.erasures)
    assert saved.conflicts == ["ada"]
    again = await store.load(1, ["ada", "cleo"])
    assert [profile.revision for profile in again.profiles.values()] == [0, 0]
    after = await store.save(1, again.standing, 7, 1.0, [some("cleo")], {}, {}, erasures=again.erasures)
    assert after.conflicts == []
