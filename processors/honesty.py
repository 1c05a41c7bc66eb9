"""Honesty: every model is scored on predictions it really made, beside baselines that anyone could have used.

Delayed progressive validation: an outcome is scored by what was predicted when it was made, before anything is learned
from it. The baselines are scored on the same outcomes: recency, minus the number of active days, and the base rate.
"""

import math
from collections import deque

from river import metrics

from schemas.outcome import Outcome

WINDOW = 2_000
CHAMPION, RECENCY, MINUS_FREQUENCY, BASE_RATE = "champion", "recency", "minus_frequency", "base_rate"
SCORED = (CHAMPION, RECENCY, MINUS_FREQUENCY, BASE_RATE)
_CLIP = 1e-6


class Honesty:
    """AUC, log loss and Brier score of the last `WINDOW` outcomes whose predictions came from a model."""

    def __init__(self) -> None:
        self.scored = 0
        self._auc = {name: metrics.RollingROCAUC(window_size=WINDOW) for name in SCORED}
        # (log loss, Brier) of each outcome in the window, for the two that are probabilities.
        self._losses: dict[str, deque[tuple[float, float]]] = {
            name: deque(maxlen=WINDOW) for name in (CHAMPION, BASE_RATE)
        }
        self._labels: deque[bool] = deque(maxlen=WINDOW)

    def update(self, outcome: Outcome) -> None:
        """Take in one outcome. One that no model predicted says nothing about models."""
        if outcome.model == 0:
            return
        said = {
            CHAMPION: outcome.predicted_churn,
            RECENCY: outcome.features["recency"],
            MINUS_FREQUENCY: -outcome.features["active_days"],
            BASE_RATE: outcome.base_rate,
        }
        self.scored += 1
        self._labels.append(outcome.churned)
        for name, score in said.items():
            self._auc[name].update(outcome.churned, score)
        for name, losses in self._losses.items():
            p = min(1.0 - _CLIP, max(_CLIP, said[name]))
            losses.append((-math.log(p if outcome.churned else 1.0 - p), (p - outcome.churned) ** 2))

    def auc(self, name: str) -> float | None:
        """Area under the ROC curve in the window; none while it holds one class only."""
        if len(set(self._labels)) < 2:
            return None
        return float(self._auc[name].get())

    def log_loss(self, name: str) -> float | None:
        """Mean log loss in the window; none for a score that is no probability, or before the first."""
        losses = self._losses.get(name)
        return sum(loss for loss, _ in losses) / len(losses) if losses else None

    def brier(self, name: str) -> float | None:
        """Mean Brier score in the window; none as for `log_loss`."""
        losses = self._losses.get(name)
        return sum(brier for _, brier in losses) / len(losses) if losses else None
