"""Models in Redis: one learner publishes, nothing broken is used, what is kept can be gone back to."""

import pickle
import secrets
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from pydantic import SecretStr
from redis.asyncio import Redis

from processors.learning.honesty import CHAMPION
from processors.learning.learner import Learner
from schemas.settings import Settings
from streams.store.models import (
    KEEP_EVERY,
    MOST_KEPT,
    BrokenModelError,
    Checkpoint,
    ModelStore,
    SupersededError,
    UnknownVersionError,
)
from streams.store.seal import seal_of
from streams.worker.scorer import Scorer
from tests.integration.outcomes import knowledge, outcomes, taught
from tests.integration.teaching import flip

pytestmark = pytest.mark.integration

SOME = outcomes(300)


@pytest_asyncio.fixture
async def redis(settings: Settings) -> AsyncIterator[Redis]:
    client = Redis.from_url(settings.redis_url)
    yield client
    await client.aclose()


@pytest.fixture
def keyed(settings: Settings) -> Settings:
    return with_a_key(settings)


@pytest.fixture
def store(redis: Redis, keyed: Settings) -> ModelStore:
    return ModelStore(redis, keyed)


def with_a_key(settings: Settings) -> Settings:
    return settings.model_copy(update={"model_key": SecretStr(secrets.token_hex(16))})


async def publish(store: ModelStore, checkpoint: Checkpoint, first: int, last: int) -> None:
    """Learn some outcomes, whose offsets are their numbers, and publish what comes of it."""
    for number in range(first, last):
        checkpoint.learn(SOME[number])
        checkpoint.learned[0] = number
    await store.publish(store.edition(checkpoint))


async def test_a_new_model_is_picked_up_and_a_tampered_one_refused(keyed: Settings, store: ModelStore) -> None:
    scorer, checkpoint = Scorer(store), Checkpoint(Learner(), {})
    await scorer.refresh()
    assert scorer.models.version == 0
    await publish(store, checkpoint, 0, 100)
    await scorer.refresh()
    assert (scorer.models.version, scorer.models.outcomes) == (1, 100)
    await publish(store, checkpoint, 100, 110)
    await scorer.refresh()
    await publish(store, checkpoint, 110, 120)
    flip(keyed, "serving")
    await scorer.refresh()
    assert scorer.models.version == 2, "the last good one goes on"
    await publish(store, checkpoint, 120, 130)
    await scorer.refresh()
    assert scorer.models.version == 4


async def test_a_scorer_that_starts_on_a_tampered_model_takes_the_newest_whole_one_kept(
    keyed: Settings, store: ModelStore, caplog: pytest.LogCaptureFixture
) -> None:
    checkpoint = Checkpoint(Learner(), {})
    await publish(store, checkpoint, 0, 100)
    await publish(store, checkpoint, 100, 110)
    flip(keyed, "serving")
    scorer = Scorer(store)
    await scorer.ready()
    assert scorer.models.version == 1
    assert "Refused model version 2, using version 1" in caplog.text
    await publish(store, checkpoint, 110, 120)
    await scorer.refresh()
    assert scorer.models.version == 3


async def test_a_version_is_kept_every_thousand_outcomes_and_the_last_twenty_are(
    redis: Redis, keyed: Settings, store: ModelStore
) -> None:
    checkpoint = Checkpoint(Learner(), {})
    for _ in range(2 * MOST_KEPT + 4):
        # Half as many as it takes; to learn them all would take a minute.
        checkpoint.learner.outcomes += KEEP_EVERY // 2
        await store.publish(store.edition(checkpoint))
    current, (newest, *kept) = await store.cards()
    assert (current, newest.version, len(kept)) == (2 * MOST_KEPT + 4, 2 * MOST_KEPT + 4, MOST_KEPT)
    assert [card.version for card in kept] == list(range(2 * MOST_KEPT + 3, 3, -2))
    assert [card.outcomes for card in kept] == [card.version * KEEP_EVERY // 2 for card in kept]
    assert await redis.hlen(keyed.keyspace("model:history")) == 3 * MOST_KEPT


async def test_the_card_says_what_the_version_was_worth(store: ModelStore) -> None:
    checkpoint = Checkpoint(Learner(), {})
    await publish(store, checkpoint, 0, 300)
    _, (card,) = await store.cards()
    assert (card.version, card.outcomes, card.until, card.back_to) == (1, 300, SOME[-1].due_at, None)
    assert card == checkpoint.learner.card()
    assert card.recent[CHAMPION].outcomes == 300


async def test_only_one_of_two_learners_publishes(store: ModelStore) -> None:
    one, two = await store.checkpoint(), await store.checkpoint()
    two.learned[0] = 7
    edition = store.edition(one)
    await store.publish(edition)
    await store.publish(edition)
    with pytest.raises(SupersededError):
        await store.publish(store.edition(two))
    assert (await store.checkpoint()).learned == {}


async def test_with_another_key_nothing_is_read_and_it_is_said_what_to_do(
    redis: Redis, settings: Settings, store: ModelStore
) -> None:
    await publish(store, Checkpoint(Learner(), {}), 0, 1)
    with pytest.raises(BrokenModelError, match=r"EBBFLOW_MODEL_KEY.*redis-cli DEL"):
        await ModelStore(redis, with_a_key(settings)).checkpoint()


class OfAnotherRelease:
    """What a class was that the next release has no more."""

    def __reduce__(self) -> tuple[object, ...]:
        return (getattr, (Learner, "renamed"))


@pytest.mark.parametrize("harm", ["a flipped bit", "another release", "another part"])
async def test_a_broken_checkpoint_is_replaced_by_the_newest_whole_one_kept(
    redis: Redis, keyed: Settings, store: ModelStore, harm: str
) -> None:
    checkpoint, key, history = Checkpoint(Learner(), {}), keyed.keyspace("model"), keyed.keyspace("model:history")
    await publish(store, checkpoint, 0, 100)
    checkpoint.kept = -KEEP_EVERY
    await publish(store, checkpoint, 100, 200)
    await publish(store, checkpoint, 200, 300)
    match harm:
        case "a flipped bit":
            flip(keyed, "learner")
        case "another release":
            await redis.hset(key, "learner", seal_of(keyed).close(pickle.dumps(OfAnotherRelease())))
        case "another part":
            await redis.hset(key, "learner", await redis.hget(key, "serving"))
    found = await store.checkpoint()
    assert (found.learned, found.learner.version) == ({0: 199}, 3)
    assert knowledge(found.learner) == knowledge(taught(SOME[:200]))
    await store.publish(store.edition(found))

    flip(keyed, "learner")
    flip(keyed, "learner:2", "model:history")
    assert (await store.checkpoint()).learned == {0: 99}
    await redis.hset(history, "learner:1", b"")
    with pytest.raises(BrokenModelError, match="redis-cli DEL"):
        await store.checkpoint()


async def test_a_rollback_serves_what_was_kept_and_passes_over_what_was_learned_since(
    store: ModelStore,
) -> None:
    checkpoint, scorer = Checkpoint(Learner(), {}), Scorer(store)
    await publish(store, checkpoint, 0, 100)
    await publish(store, checkpoint, 100, 300)
    await scorer.refresh()
    card = await store.rollback(1)
    assert (card.version, card.outcomes, card.back_to) == (3, 100, 1)
    current, cards = await store.cards()
    assert (current, cards[0]) == (3, card)
    back = await store.checkpoint()
    assert (back.learned, back.learner.version) == ({0: 299}, 3)
    assert all(back.knows(each) for each in SOME)
    assert knowledge(back.learner) == knowledge(taught(SOME[:100]))
    await scorer.refresh()
    assert (scorer.models.version, scorer.models.outcomes) == (3, 100)
    with pytest.raises(SupersededError):
        await store.publish(store.edition(checkpoint))
    assert [card.version for card in cards] == [3, 1], "what was gone back to can be gone back to again"
    with pytest.raises(UnknownVersionError, match="2 is not kept"):
        await store.rollback(2)
