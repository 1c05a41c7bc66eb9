"""A warm model, as a learner would have published it."""

import random
from datetime import UTC, datetime

from redis.asyncio import Redis

from processors.features import NAMES
from processors.learning.learner import Learner
from schemas.outcome import Outcome
from schemas.settings import Settings
from streams.store.models import Checkpoint, Edition, ModelStore

_OUTCOMES = 1_000


def trained(chance: random.Random) -> Learner:
    """A learner that has seen a thousand made-up outcomes."""
    learner, made = Learner(), datetime(2026, 1, 1, tzinfo=UTC)
    for _ in range(_OUTCOMES):
        learner.learn(
            Outcome(
                id="", customer="", made_at=made, due_at=made, model=1, base_rate=0.3, predicted_churn=0.3,
                predicted_engagement=1.0, churned=chance.random() < 0.3, engaged=chance.randrange(5),
                currency="EUR", spent=chance.expovariate(0.01), revenue=chance.expovariate(0.02),
                features={name: chance.gauss() for name in NAMES},
            )
        )  # fmt: skip
    return learner


class WarmModel:
    """The same model in every run, however often the store is emptied in between."""

    def __init__(self, chance: random.Random) -> None:
        self._checkpoint = Checkpoint(trained(chance), {})
        self._edition: Edition | None = None

    async def publish(self, redis: Redis, settings: Settings) -> None:
        """Have it served."""
        store = ModelStore(redis, settings)
        self._edition = self._edition or store.edition(self._checkpoint)
        await store.publish(self._edition)
