"""The pool: several models of churn learn side by side, and the one that was right lately has the say.

The recursive regression is level with one refitted on everything, and usually champion. The others are there for worlds
that are not linear, or in which it goes wrong: River's logistic regression, a Hoeffding tree (by majority; its adaptive
sister and naive Bayes leaves ranked worse on real logs and take five times as long), and the habit alone.
"""

from collections.abc import Mapping, Sequence
from math import exp
from typing import Any

from river import linear_model, optim, tree

from processors.learning.inputs import HABIT, INPUTS, log_odds
from processors.learning.measures import log_loss
from processors.learning.recursive import RecursiveLogistic
from processors.learning.scale import Scale
from processors.learning.scorers import Calibrated, HabitAlone, Linear, Scorer, Tree
from processors.models import MEMBERS

_LOSS_MEMORY = 1_000
"""Outcomes after which an old loss weighs 1/e in the election."""
_MARGIN = 0.002
"""A challenger must be better by this much: a champion that changes all the time explains nothing."""
_CALIBRATION_MEMORY = 2_000
_KEPT, _KEPT_INTERCEPT = 0.5, 0.01
"""What is left of the evidence after a drift: of who leaves, and of how many."""
_SCORE = "score"
_STEP = 0.05


class Pool:
    """The models of churn and what they lost lately. Names are those of `MEMBERS`, the first of which begins."""

    def __init__(self) -> None:
        self.champion = MEMBERS[0]
        self.bayes = RecursiveLogistic()
        # AdaGrad: outcomes come in waves of like customers, and a constant step follows each wave too far.
        self.logistic = linear_model.LogisticRegression(optimizer=optim.AdaGrad(_STEP), l2=1e-4)
        self.tree = tree.HoeffdingTreeClassifier(grace_period=500, leaf_prediction="mc", max_depth=6)
        self._calibration = {name: RecursiveLogistic(_CALIBRATION_MEMORY, guess=1.0) for name in MEMBERS[1:]}
        self._losses = dict.fromkeys(MEMBERS, 0.0)
        self._judged = 0

    def learn(self, inputs: Sequence[float], scaled: Mapping[str, float], churned: bool) -> None:
        """One outcome, for every member: its inputs, and the same scaled and named."""
        named = dict(zip(INPUTS, inputs, strict=True))
        raw = {
            "logistic": _log_odds(self.logistic, scaled),
            "tree": _log_odds(self.tree, named),
            "habit": inputs[HABIT],
        }
        self._judge({"bayes": self.bayes.predict_proba_one(scaled)[True], **self._calibrated(raw)}, churned)
        # Calibrated, too, by scores that were given before this outcome was learned.
        for name, calibration in self._calibration.items():
            calibration.learn_one({_SCORE: raw[name]}, churned)
        self.bayes.learn_one(scaled, churned)
        self.logistic.learn_one(scaled, churned)
        self.tree.learn_one(named, churned)

    def _calibrated(self, raw: Mapping[str, float]) -> dict[str, float]:
        return {
            name: float(calibration.predict_proba_one({_SCORE: raw[name]})[True])
            for name, calibration in self._calibration.items()
        }

    def _judge(self, said: Mapping[str, float], churned: bool) -> None:
        """Elect the champion by what each says now of outcomes that it has not learned from. What it said a horizon ago
        is shown to people; but then it was another model, which knew much less."""
        self._judged += 1
        fading = max(1.0 / self._judged, 1.0 - exp(-1.0 / _LOSS_MEMORY))
        for name, p in said.items():
            self._losses[name] += (log_loss(p, churned) - self._losses[name]) * fading
        best = min(MEMBERS, key=self._losses.__getitem__)
        if self._judged >= _LOSS_MEMORY and self._losses[best] < self._losses[self.champion] - _MARGIN:
            self.champion = best

    def loosen(self) -> None:
        """Something has changed, most likely how many leave rather than who: that is learned anew, the rest counts for
        less."""
        for model in (self.bayes, *self._calibration.values()):
            model.loosen(_KEPT, _KEPT_INTERCEPT)
        # AdaGrad's steps have become short by now.
        self.logistic.optimizer = optim.AdaGrad(_STEP)

    def serve(self, scale: Scale) -> dict[str, Scorer]:
        """All members, frozen."""
        # There are no weights before the first outcome.
        weights = dict(zip(INPUTS, self.bayes.weights.tolist(), strict=False))
        return {
            "bayes": Linear.of(scale, weights, self.bayes.intercept),
            "logistic": Calibrated.by(
                self._calibration["logistic"],
                Linear.of(scale, self.logistic.weights, float(self.logistic.intercept)),
            ),
            "tree": Calibrated.by(self._calibration["tree"], Tree.of_river(self.tree)),
            "habit": Calibrated.by(self._calibration["habit"], HabitAlone()),
        }


def _log_odds(model: Any, x: Mapping[str, float]) -> float:
    return log_odds(model.predict_proba_one(x).get(True, 0.5))
