"""The model in Redis: what the learner knows and what the scorers use, sealed, in one write with the offsets."""

import pickle
from dataclasses import dataclass, field
from typing import Any

from redis.asyncio import Redis

from processors.learning import Learner
from processors.serving import ServedModels
from schemas.outcome import Outcome
from schemas.settings import Settings
from streams.store.script import Script
from streams.store.seal import Seal, seal_of

_RECENT = 2_000


@dataclass
class Checkpoint:
    """The learner and, by partition of `outcomes`, the offset of the last outcome it has learned from.

    `recent` holds the ids of the latest outcomes: one that a worker published twice around a crash is learned once.
    """

    learner: Learner
    learned: dict[int, int]
    recent: dict[str, None] = field(default_factory=dict)

    def learn(self, outcome: Outcome) -> bool:
        """Learn from an outcome, unless it was learned from lately; whether it was new."""
        if outcome.id in self.recent:
            return False
        self.learner.learn(outcome)
        self.recent[outcome.id] = None
        if len(self.recent) > _RECENT:
            del self.recent[next(iter(self.recent))]
        return True


@dataclass(frozen=True)
class Edition:
    """One version ready to be published: sealed bytes, and the version that it follows."""

    follows: int
    version: int
    learner: bytes
    serving: bytes


class SupersededError(Exception):
    """Another model stands where this learner's last one should."""


class ModelStore:
    """One hash: `version`, `learner` (the checkpoint) and `serving` (the frozen models)."""

    def __init__(self, redis: Redis, settings: Settings) -> None:
        self._redis = redis
        self._key = settings.keyspace("model")
        self._seal: Seal = seal_of(settings)
        self._publish = Script(redis, "publish")

    async def version(self) -> int:
        """The version being served; 0 before the first."""
        return int(await self._redis.hget(self._key, "version") or 0)

    async def serving(self) -> ServedModels | None:
        """The models to score with; none before the first. Raises `BrokenSealError`."""
        return self._open(await self._redis.hget(self._key, "serving"))

    async def checkpoint(self) -> Checkpoint:
        """Where the learner stands; a new one before the first. Raises `BrokenSealError`."""
        return self._open(await self._redis.hget(self._key, "learner")) or Checkpoint(Learner(), {})

    def edition(self, checkpoint: Checkpoint) -> Edition:
        """The learner's next version, sealed, and where it stands; published as often as it takes."""
        before = checkpoint.learner.version
        served = checkpoint.learner.serve()
        learner, serving = (self._seal.close(pickle.dumps(part, protocol=5)) for part in (checkpoint, served))
        return Edition(before, served.version, learner, serving)

    async def publish(self, edition: Edition) -> None:
        """Serve an edition and save where its learner stands, at once. To do it twice does no harm.

        Raises:
            SupersededError: if the version there is not the one that this learner has learned from.
        """
        args = (edition.follows, edition.version, edition.learner, edition.serving)
        if not await self._publish([self._key], args):
            raise SupersededError(
                f"the model in Redis is no longer version {edition.follows}, which this learner went on from: "
                "another learner has taken over, or the model was put back; start again to learn on from what is there"
            )

    def _open(self, sealed: Any) -> Any:
        # The seal has been checked when the pickle is read.
        return None if sealed is None else pickle.loads(self._seal.open(sealed))  # noqa: S301
