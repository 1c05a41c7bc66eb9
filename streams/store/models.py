"""The model in Redis: what the learner knows and what the scorers use, sealed, in one write with the offsets.

Beside the current version stands a history of earlier ones, which a broken model is replaced from, and which it can be
rolled back to.
"""

import logging
import pickle
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar, cast

import msgspec
from redis.asyncio import Redis
from tenacity import retry, retry_if_exception_type, stop_after_attempt

from processors.learning.card import Card
from processors.learning.learner import Learner
from processors.learning.serving import ServedModels
from schemas.actions import Trial
from schemas.lesson import Lesson
from schemas.rated_text import RatedText
from schemas.settings import Settings
from streams.store.cards import CardStore
from streams.store.partitions import Message
from streams.store.script import Script
from streams.store.seal import BrokenSealError, Seal, seal_of

logger = logging.getLogger(__name__)
Part = TypeVar("Part")

KEEP_EVERY = 1_000
"""Outcomes between two versions that are kept. One is published every second, and twenty of those would be one model;
one that has seen a thousand outcomes more is another."""
MOST_KEPT = 20
_RECENT = 5_000
"""Ids of lessons: more than a batch of the usual size can teach, since all of it may come again."""
_ROLLBACK_ATTEMPTS = 20


class BrokenModelError(Exception):
    """What is sealed in Redis is of no use: its seal is broken or not ours, or another release wrote it."""


class SupersededError(Exception):
    """Another model stands where this learner's last one should."""


class UnknownVersionError(Exception):
    """No such version is kept."""


@dataclass
class Checkpoint:
    """The learner and, by partition of `outcomes`, the offset of the last outcome it has learned from.

    `recent` holds the ids of the latest outcomes: one that a worker published twice around a crash is learned once.
    `kept` is how many outcomes the last version had seen that was kept, none before the first. `drifts` counts those
    that were announced, whatever the learner was rolled back to since; `unsaid` are the announcements that may not be
    published yet.
    """

    learner: Learner
    learned: dict[int, int]
    recent: dict[str, None] = field(default_factory=dict)
    kept: int | None = None
    drifts: int = 0
    unsaid: list[Message] = field(default_factory=list)

    def knows(self, lesson: Lesson) -> bool:
        """Whether it was learned from lately."""
        return lesson.id in self.recent

    def learn(self, lesson: Lesson) -> bool:
        """Learn from it; whether the world turns out to have changed."""
        drifted = False
        if isinstance(lesson, Trial):
            self.learner.bandit.learn(lesson)
        elif isinstance(lesson, RatedText):
            self.learner.sentiment.learn(lesson.tokens, lesson.rating)
        else:
            drifted = self.learner.learn(lesson)
        self.drifts += drifted
        self.recent[lesson.id] = None
        if len(self.recent) > _RECENT:
            del self.recent[next(iter(self.recent))]
        return drifted


@dataclass(frozen=True)
class Edition:
    """One version ready to be published: sealed bytes, its card, the version that it follows, and whether it is kept
    in the history."""

    follows: int
    version: int
    learner: bytes
    serving: bytes
    card: Card
    kept: bool


class ModelStore:
    """Two hashes. `model` is what is current: `version`, `learner` (the checkpoint), `serving` (the frozen models) and
    `card`. `model:history` has the last three of each version that is kept, as `card:<version>`."""

    def __init__(self, redis: Redis, settings: Settings) -> None:
        self._redis = redis
        self._key, self._history = settings.keyspace("model"), settings.keyspace("model:history")
        self._cards = CardStore(redis, settings)
        self._seal: Seal = seal_of(settings)
        self._publish = Script(redis, "publish")

    async def version(self) -> int:
        """The version being served; 0 before the first."""
        return int(await self._redis.hget(self._key, "version") or 0)

    async def serving(self) -> ServedModels | None:
        """The models to score with; none before the first. Raises `BrokenModelError`."""
        sealed = await self._redis.hget(self._key, "serving")
        return None if sealed is None else self._open(sealed, ServedModels)

    async def last_whole(self) -> ServedModels | None:
        """The models of the newest version in the history that can be used, if any can."""
        return await self._newest_whole("serving", ServedModels)

    async def checkpoint(self) -> Checkpoint:
        """Where the learner stands; a new one before the first. If it is broken, where the newest version stood that
        was kept and is whole: it has the number of the current one, to be published after it, and its own offsets.

        Raises:
            BrokenModelError: if there is a checkpoint, and nothing that is kept is whole either.
        """
        version, sealed = cast(list[bytes | None], await self._redis.hmget(self._key, "version", "learner"))
        if sealed is None:
            return Checkpoint(Learner(), {})
        try:
            return self._open(sealed, Checkpoint)
        except BrokenModelError as error:
            found = await self._newest_whole("learner", Checkpoint)
            if found is None:
                raise BrokenModelError(
                    f"{error}. No earlier version that was kept can be used either. To begin a new model, which learns "
                    f"again from what `outcomes` still holds: redis-cli DEL {self._key} {self._history}"
                ) from error
            logger.error(
                "The learner's checkpoint of version %d is refused, going on from version %d, which was kept: %s",
                int(version or 0), found.learner.version, error,
            )  # fmt: skip
            found.learner.version = int(version or 0)
            return found

    async def cards(self) -> tuple[int, list[Card]]:
        """The current version (0 before the first), and the cards of it and of those kept, newest first. One that
        another release wrote, and this one cannot read, is left out."""
        current, written = await self._cards.written()
        cards = {card.version: card for card in map(_read_card, written) if card is not None}
        return current, [cards[version] for version in sorted(cards, reverse=True)]

    @retry(retry=retry_if_exception_type(SupersededError), stop=stop_after_attempt(_ROLLBACK_ATTEMPTS), reraise=True)
    async def rollback(self, version: int) -> Card:
        """Have a version that was kept served again, and learned on from, as the one after the current; its card.

        What was learned since is passed over: the new version stands where the current one does in `outcomes`.

        Raises:
            UnknownVersionError: if the version is not kept.
            BrokenModelError: if it cannot be used.
            SupersededError: if a learner was faster every time.
        """
        sealed = await self._redis.hget(self._history, f"learner:{version}")
        if sealed is None:
            raise UnknownVersionError(f"version {version} is not kept; `ebbflow models list` shows those that are")
        learner, current = self._open(sealed, Checkpoint).learner, await self.checkpoint()
        learner.version = current.learner.version
        edition = self.edition(replace(current, learner=learner), back_to=version)
        await self.publish(edition)
        return edition.card

    def edition(self, checkpoint: Checkpoint, back_to: int | None = None) -> Edition:
        """The learner's next version, sealed, and where it stands; published as often as it takes."""
        learner = checkpoint.learner
        before, served = learner.version, learner.serve()
        kept = back_to is not None or checkpoint.kept is None or learner.outcomes - checkpoint.kept >= KEEP_EVERY
        if kept:
            checkpoint.kept = learner.outcomes
        state, serving = (self._seal.close(pickle.dumps(part, protocol=5)) for part in (checkpoint, served))
        return Edition(before, served.version, state, serving, replace(learner.card(), back_to=back_to), kept)

    async def publish(self, edition: Edition) -> None:
        """Serve an edition and save where its learner stands, at once. To do it twice does no harm.

        Raises:
            SupersededError: if the version there is not the one that this learner has learned from.
        """
        card, most = msgspec.json.encode(edition.card), MOST_KEPT if edition.kept else 0
        args = (edition.follows, edition.version, edition.learner, edition.serving, card, most)
        if not await self._publish([self._key, self._history], args):
            raise SupersededError(
                f"the model in Redis is no longer version {edition.follows}, which version {edition.version} was to "
                "follow: it was rolled back, or another learner has taken over"
            )

    async def _newest_whole(self, part: str, kind: type[Part]) -> Part | None:
        for version in reversed(await self._cards.kept()):
            try:
                return self._open(await self._redis.hget(self._history, f"{part}:{version}") or b"", kind)
            except BrokenModelError as error:
                logger.error("Version %d, which was kept, is refused too: %s", version, error)
        return None

    def _open(self, sealed: Any, kind: type[Part]) -> Part:
        try:
            # The seal has been checked when the pickle is read.
            part = pickle.loads(self._seal.open(sealed))  # noqa: S301
        except BrokenSealError as error:
            raise BrokenModelError(str(error)) from error
        except Exception as error:
            # Whatever a class that has changed since makes of its old state.
            raise BrokenModelError(f"another release of Ebbflow or River wrote it ({error!r})") from error
        if not isinstance(part, kind):
            raise BrokenModelError(f"there is a {type(part).__name__} where a {kind.__name__} should be")
        return part


def _read_card(written: bytes) -> Card | None:
    try:
        return msgspec.json.decode(written, type=Card)
    except msgspec.DecodeError as error:
        logger.warning("A card cannot be read, another release wrote it: %s", error)
        return None
