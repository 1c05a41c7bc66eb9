"""A step that is saved in portions: Redis is never busy for long, and it counts as one step all the same."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import timedelta

import pytest
import pytest_asyncio
from redis.asyncio import Redis

from processors.advance import advance
from schemas.profile import Profile
from schemas.rejected import Rejected
from schemas.settings import Settings
from streams.store.partitions import Loaded, Message, MovedError, PartitionStore, Saved, Standing
from streams.tracing import untraced
from streams.worker.patience import Patience
from streams.worker.saver import AT_ONCE, Advanced, Saver
from tests.unit.making import POLICY, FixedModels, day, touch

pytestmark = pytest.mark.integration

PEOPLE = [f"customer {number}" for number in range(2 * AT_ONCE + 50)]


class Counted(PartitionStore):
    """A store that notes how many it was asked to save in one go, and that fails from a given time on."""

    def __init__(self, redis: Redis, settings: Settings, most: int = 1_000) -> None:
        super().__init__(redis, settings)
        self.sizes, self._most = list[int](), most

    async def save(
        self,
        partition: int,
        before: Standing,
        position: int | None,
        time: float,
        profiles: Sequence[Profile],
        *more: object,
    ) -> Saved:
        if len(self.sizes) == self._most:
            raise _DiedError
        self.sizes.append(len(profiles))
        return await super().save(partition, before, position, time, profiles, *more)  # type: ignore[arg-type]


class _DiedError(Exception):
    """What a worker leaves that was killed."""


class Noted:
    """Where messages go."""

    silent = False

    def __init__(self) -> None:
        self.said, self.calls = list[Message](), 0

    async def say(self, messages: Sequence[Message]) -> None:
        self.said += messages
        self.calls += 1

    async def rejected(self, records: Sequence[Rejected]) -> None:
        raise AssertionError("nothing is wrong with them")


@pytest_asyncio.fixture
async def redis(settings: Settings) -> AsyncIterator[Redis]:
    client = Redis.from_url(settings.redis_url)
    yield client
    await client.aclose()


def advanced(loaded: Loaded) -> Advanced:
    """Everybody buys at once, and is at risk."""
    models, policy = FixedModels(churn=0.95), POLICY.model_copy(update={"hold": timedelta(0)})
    steps = {
        name: advance(profile, [touch(5, customer=name, partition=0, offset=place)], day(5), models, policy)
        for place, (name, profile) in enumerate(loaded.profiles.items())
    }
    return Advanced(steps, [], [])


async def saved_by(store: PartitionStore, publisher: Noted, loaded: Loaded) -> tuple[Mapping[str, Saved], list[str]]:
    """What became of a step: how each was saved, and who was not."""
    saver, reached = Saver(store, publisher, Patience(timedelta(seconds=5))), Standing(len(PEOPLE), day(5))
    found, conflicts = dict[str, Saved](), list[str]()

    def never(*_: object) -> Advanced:
        raise AssertionError("there is no budget")

    async for steps, saved in saver.save(0, loaded, 0, advanced(loaded), reached, untraced, never):
        found |= dict.fromkeys(steps, saved)
        conflicts += saved.conflicts
    return found, conflicts


async def test_a_step_of_many_is_saved_some_at_a_time_and_is_one_step(redis: Redis, settings: Settings) -> None:
    store, publisher = Counted(redis, settings), Noted()
    found, conflicts = await saved_by(store, publisher, await store.load(0, PEOPLE))
    assert store.sizes == [AT_ONCE, AT_ONCE, 50]
    assert (found.keys(), conflicts) == (set(PEOPLE), [])
    after = await store.load(0, PEOPLE)
    assert (after.standing.position, after.standing.time) == (len(PEOPLE), day(5))
    assert all(profile.revision == 1 for profile in after.profiles.values())
    assert [message.key for message in publisher.said] == PEOPLE, "everybody's alert, once, in order"
    assert publisher.calls == 1, "a wait for the broker costs as much for few as for many"


async def test_who_was_saved_before_a_crash_is_not_folded_twice(redis: Redis, settings: Settings) -> None:
    publisher = Noted()
    dying = Counted(redis, settings, most=2)
    with pytest.raises(_DiedError):
        await saved_by(dying, publisher, await dying.load(0, PEOPLE))
    assert publisher.said == []
    store = Counted(redis, settings)
    between = await store.load(0, PEOPLE)
    assert between.standing.position is None, "the rest is to be read again"
    assert sum(profile.revision for profile in between.profiles.values()) == 2 * AT_ONCE
    assert [message.key for message in between.unsaid] == PEOPLE[: 2 * AT_ONCE]
    await publisher.say(between.unsaid)
    await saved_by(store, publisher, between)
    after = await store.load(0, PEOPLE)
    assert after.standing.position == len(PEOPLE)
    assert {profile.facts.touchpoints for profile in after.profiles.values()} == {1}
    assert [message.key for message in publisher.said] == PEOPLE


async def test_one_in_conflict_holds_the_position_whichever_portion_it_is_in(redis: Redis, settings: Settings) -> None:
    store, publisher = Counted(redis, settings), Noted()
    loaded = await store.load(0, PEOPLE)
    await PartitionStore(redis, settings).save(
        1, Standing(None, 0.0), 3, 1.0, [advanced(loaded).steps[PEOPLE[7]].profile], {}, {}
    )
    _, conflicts = await saved_by(store, publisher, loaded)
    assert conflicts == [PEOPLE[7]]
    after = await store.load(0, PEOPLE)
    assert after.standing.position is None
    assert len(publisher.said) == len(PEOPLE) - 1
    _, conflicts = await saved_by(store, publisher, await store.load(0, PEOPLE[7:8]))
    assert (conflicts, (await store.load(0)).standing.position) == ([], len(PEOPLE))


async def test_a_worker_that_was_overtaken_writes_nothing_more(redis: Redis, settings: Settings) -> None:
    store, publisher = Counted(redis, settings), Noted()
    loaded = await store.load(0, PEOPLE)
    saver, reached = Saver(store, publisher, Patience(timedelta(seconds=5))), Standing(len(PEOPLE), day(5))
    step = advanced(loaded)
    saving = saver.save(0, loaded, 0, step, reached, untraced, lambda *_: step)
    await anext(saving)
    other = PartitionStore(redis, settings)
    await other.save(0, (await other.load(0)).standing, 9, 1.0, [], {}, {})
    with pytest.raises(MovedError):
        await anext(saving)
    after = await store.load(0, PEOPLE)
    assert after.standing.position == 9
    assert sum(profile.revision for profile in after.profiles.values()) == AT_ONCE
