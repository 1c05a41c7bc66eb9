"""A made-up world for the models: silence and friction drive churn, activity drives engagement, orders drive value."""

import math
import random
from collections import deque
from datetime import UTC, datetime, timedelta

from processors.features import NAMES
from processors.learning.learner import Learner
from processors.learning.serving import ServedModels
from processors.models import MEMBERS
from schemas.outcome import Outcome

MADE = datetime(2026, 1, 1, tzinfo=UTC)
AT = MADE.timestamp()
HORIZON = timedelta(days=30)


class World:
    """Outcomes, one after another; `shift` is added to everybody's log-odds of churn."""

    def __init__(self, seed: int, shift: float = -0.5, noise: bool = False) -> None:
        self.chance, self.shift, self.noise = random.Random(seed), shift, noise

    def features(self) -> list[float]:
        return [round(self.chance.gauss(), 3) for _ in NAMES]

    def risk(self, features: list[float]) -> float:
        named = dict(zip(NAMES, features, strict=True))
        if self.noise:
            return 0.4
        return 1 / (1 + math.exp(-(1.5 * named["recency"] + named["friction"] + self.shift)))

    def outcome(self, served: ServedModels | None = None, features: list[float] | None = None) -> Outcome:
        """What came of a prediction that these models made."""
        features = self.features() if features is None else features
        named = dict(zip(NAMES, features, strict=True))
        said = served.score(features, AT, "EUR") if served else None
        expected = said.engagement if said else None
        rate = math.exp(0.5 + 0.6 * named["activity_week"])
        pays = math.exp(3.0 + 0.5 * named["orders"])
        return Outcome(
            id=f"{self.chance.random()}",
            customer="ada",
            made_at=MADE,
            due_at=MADE + HORIZON,
            features=named,
            predicted_churn=said.churn if said else 0.5,
            members=dict(zip(MEMBERS, served.members(features, AT), strict=True)) if served else {},
            predicted_engagement=expected.mean if expected else 1.0,
            expected_low=expected.low if expected else 0.0,
            expected_high=expected.high if expected else 0.0,
            predicted_value=said.value if said else None,
            base_rate=served.base_rate if served else 0.5,
            model=served.version if served else 0,
            churned=self.chance.random() < self.risk(features),
            engaged=_poisson(self.chance, rate),
            revenue=round(self.chance.expovariate(1 / pays), 2),
            currency="EUR",
            spent=100.0,
        )


def _poisson(chance: random.Random, rate: float) -> int:
    count, left = 0, chance.expovariate(1.0)
    while left < rate:
        count, left = count + 1, left + chance.expovariate(1.0)
    return count


def teach(learner: Learner, world: World, count: int, late: int = 100) -> None:
    """Live: predictions are made by the version of the moment, and learned from when `late` others were made after
    them."""
    served = learner.serve() if learner.outcomes else None
    waiting = deque[Outcome]()
    for place in range(count + late):
        if place < count:
            waiting.append(world.outcome(served))
        if place >= late:
            learner.learn(waiting.popleft())
            if place % 50 == 0:
                served = learner.serve()


def taught(count: int, seed: int = 1, noise: bool = False) -> Learner:
    """A learner that has lived in such a world."""
    learner = Learner()
    teach(learner, World(seed, noise=noise), count)
    return learner
