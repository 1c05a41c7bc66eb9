"""The model in Redis: what the learner knows and what the scorers use, sealed, in one write with the offsets."""

import pickle
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis

from processors.learning import Learner
from processors.serving import ServedModels
from schemas.settings import Settings
from streams.store.script import Script
from streams.store.seal import Seal, seal_of


@dataclass
class Checkpoint:
    """The learner and, by partition of `outcomes`, the offset of the last outcome it has learned from."""

    learner: Learner
    learned: dict[int, int]


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

    async def publish(self, checkpoint: Checkpoint) -> bool:
        """Serve the learner's next version and save where it stands, at once.

        False if another learner has published meanwhile: this one has lost its partition and must start over.
        """
        before = checkpoint.learner.version
        served = checkpoint.learner.serve()
        sealed = (self._seal.close(pickle.dumps(part, protocol=5)) for part in (checkpoint, served))
        return bool(await self._publish([self._key], [before, served.version, *sealed]))

    def _open(self, sealed: Any) -> Any:
        # The seal has been checked when the pickle is read.
        return None if sealed is None else pickle.loads(self._seal.open(sealed))  # noqa: S301
