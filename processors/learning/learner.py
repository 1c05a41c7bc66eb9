"""The learner: what was predicted is scored by what happened, and then learned from."""

from collections import deque
from datetime import datetime
from typing import Any

import numpy as np

from processors.decay import DAY
from processors.features import NAMES
from processors.learning.bandit import Bandit
from processors.learning.card import Card
from processors.learning.clusters import Clusters
from processors.learning.daily_spend import DailySpend
from processors.learning.diagnosis import Diagnosis
from processors.learning.drift import Drift
from processors.learning.engagement import Engagement
from processors.learning.habit import Habit, Summary
from processors.learning.honesty import CHAMPION, Honesty
from processors.learning.inputs import INPUTS, history, inputs_of
from processors.learning.pool import Pool
from processors.learning.scale import Scale
from processors.learning.scorers import Bounds
from processors.learning.serving import ServedModels
from processors.learning.value import Value
from processors.models import MEMBERS
from processors.sentiment.learner import SentimentLearner
from schemas.outcome import Outcome

WARM_AFTER = 200
"""Outcomes of each class before a model may raise an alert."""
_BASE_RATE_MEMORY = 1_000
"""Outcomes after which the followed base rate has forgotten most of what was before."""
_HABIT_FIRST, _HABIT_EVERY, _HABIT_SAMPLE = 500, 2_000, 2_000
_HABIT_KEPT = 20_000
_FEATURES, _MEMBERS = set(NAMES), set(MEMBERS)


class ForeignOutcomeError(ValueError):
    """An outcome of another release, which saw other features or had other models: nothing can be learned from it."""


class Learner:
    """Everything that was learned so far. Deterministic: the same outcomes in the same order give the same learner."""

    def __init__(self) -> None:
        self.version = 0
        self.outcomes = 0
        self.churned = 0
        self.base_rate = 0.5
        self.until: datetime | None = None
        self.horizon = 0.0
        self.honesty = Honesty()
        self.drift = Drift()
        self.scale = Scale(len(INPUTS))
        self.pool = Pool()
        self.habit = Habit()
        self.engagement = Engagement()
        self.value = Value()
        self.daily_spend = DailySpend()
        self.clusters = Clusters()
        self.diagnosis = Diagnosis()
        self.bandit = Bandit()
        self.sentiment = SentimentLearner()
        self._summaries: deque[Summary] = deque(maxlen=_HABIT_KEPT)

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Raises `ValueError` for what a release learned that saw other inputs, or kept other things in mind."""
        if state.keys() != vars(Learner()).keys() or len(state["scale"].means) != len(INPUTS):
            raise ValueError("another release has learned this")
        self.__dict__.update(state)

    @property
    def warm(self) -> bool:
        """Whether enough outcomes of both classes were seen."""
        return min(self.churned, self.outcomes - self.churned) >= WARM_AFTER

    def learn(self, outcome: Outcome) -> bool:
        """Score what was predicted, then learn what happened; whether the world turns out to have changed.

        Raises:
            ForeignOutcomeError: before anything was learned.
        """
        if outcome.features.keys() != _FEATURES or not outcome.members.keys() <= _MEMBERS:
            raise ForeignOutcomeError("made by another release, which saw other features or had other models")
        drifted = self._judge(outcome)
        self.outcomes += 1
        self.churned += outcome.churned
        # A plain mean at first, then one that follows.
        self.base_rate += (outcome.churned - self.base_rate) / min(self.outcomes, _BASE_RATE_MEMORY)
        # A leave settles what falls due much later; the log has not come so far.
        if not outcome.left:
            self.until = max(self.until or outcome.due_at, outcome.due_at)
        self.horizon = (outcome.due_at - outcome.made_at).total_seconds() / DAY

        features = [outcome.features[name] for name in NAMES]
        inputs = inputs_of(features, outcome.made_at.timestamp(), self.habit, self.horizon)
        vector = self.scale.learn(np.array(inputs))
        scaled = dict(zip(INPUTS, vector.tolist(), strict=True))
        self.pool.learn(inputs, scaled, outcome.churned)
        self.clusters.learn(features, self.scale)
        self.engagement.learn(scaled, outcome.engaged)
        past, spend = history(features), 0.0
        # Nobody is asked what those will pay who have not paid yet.
        if outcome.currency is not None and outcome.spent is not None:
            self.value.learn(vector, outcome.revenue, outcome.currency)
            spend = self.daily_spend.learn(past.repeats + 1.0, outcome.spent, outcome.currency)
        self.diagnosis.learn(outcome)
        self._summaries.append(Summary(*past, outcome.churned, spend))
        if self.outcomes == _HABIT_FIRST or self.outcomes % _HABIT_EVERY == 0:
            self._refit()
        return drifted

    def serve(self) -> ServedModels:
        """A frozen version for the scorers, numbered one higher than the last."""
        self.version += 1
        log_engagement, below, above = self.engagement.serve(self.scale)
        log_share, revenues = self.value.serve(self.scale)
        return ServedModels(
            version=self.version,
            outcomes=self.outcomes,
            warm=self.warm,
            base_rate=self.base_rate,
            auc=self.honesty.records[CHAMPION].recent().auc,
            champion=self.pool.champion,
            bounds=Bounds.of(self.scale),
            pool=self.pool.serve(self.scale),
            habit=self.habit,
            horizon=self.horizon,
            log_engagement=log_engagement,
            below=below,
            above=above,
            log_share=log_share,
            revenues=revenues,
            spends=self.daily_spend.serve(),
            groups=self.clusters.serve(self.scale),
            promises=self.bandit.serve(),
            sentiment=self.sentiment.serve(),
        )

    def card(self) -> Card:
        """What there is to say about the last version served."""
        records = self.honesty.records
        return Card(
            version=self.version,
            outcomes=self.outcomes,
            churned=self.churned,
            base_rate=self.base_rate,
            until=self.until,
            champion=self.pool.champion,
            habit=self.habit,
            drifts=self.drift.count,
            recent={name: record.recent() for name, record in records.items()},
            all_time={name: record.all_time() for name, record in records.items()},
            calibration=records[CHAMPION].curve(),
            coverage=self.honesty.coverage(),
            sentiment=self.sentiment.record(),
        )

    def _judge(self, outcome: Outcome) -> bool:
        # What no model predicted says nothing about models.
        if outcome.model == 0:
            return False
        self.honesty.update(outcome)
        if outcome.expected_high > 0.0:
            self.engagement.judge(outcome.predicted_engagement, outcome.engaged)
        drifted = self.drift.rose(outcome.predicted_churn, outcome.churned)
        if drifted:
            self.pool.loosen()
        return drifted

    def _refit(self) -> None:
        sample = list(self._summaries)[:: max(1, len(self._summaries) // _HABIT_SAMPLE)]
        self.daily_spend.refit([each.repeats + 1.0 for each in sample], [each.spend for each in sample])
        if len({each.stayed_away for each in sample}) == 2:
            self.habit = self.habit.refitted(sample, self.horizon)
