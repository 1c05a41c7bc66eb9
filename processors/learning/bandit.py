"""The bandit: what each action is believed to do, learned from trials that have ended.

For each action one of River's Bayesian linear regressions of who stays, by what was known of the customer (the model
of LinUCB; Li et al., 2010), and Thompson sampling from it (Agrawal and Goyal, 2013). A trial teaches when its action
was reported as done. What customers were picked for and what came of it is counted in layers of risk, whoever reported
what, so that each action can be compared with the customers who were held out.
"""

import copy
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from math import sqrt
from typing import Any

from river import linear_model

from processors.significance import Counts, holm, mantel_haenszel, risk_difference, two_sided
from schemas.actions import MAX_ACTIONS, NOTHING, Trial
from schemas.population import ActionsTold, ActionTold

_NOISE = 4.0
"""The precision of what is learned from: who stays at even odds has a variance of a quarter."""
_PRIOR = 4.0
"""The precision of what is believed of a weight before anything is known: most actions do little."""
_LAYERS = (0.5, 0.65, 0.8, 0.9)
_EVEN = 0.5


class Promises:
    """What is believed, frozen for those who pick."""

    def __init__(self, models: Mapping[str, Any]) -> None:
        self._models = models

    def __call__(self, action: str, context: Mapping[str, float]) -> tuple[float, float]:
        """The chance that a customer stays if this is done, and how unsure that is: a mean and a standard deviation."""
        model = self._models.get(action)
        if model is None:
            return _EVEN, sqrt((1.0 + sum(value * value for value in context.values())) / _PRIOR)
        told = model.predict_one(_inputs(context), with_dist=True)
        return _EVEN + told.mu, sqrt(max(0.0, told.sigma**2 - 1.0 / _NOISE))


class Bandit:
    """All that was learned of actions. Bounded: further actions than `2 * MAX_ACTIONS` are not followed."""

    def __init__(self) -> None:
        self.models: dict[str, Any] = {}
        self.layers: dict[str, list[list[int]]] = {}
        self.reported: Counter[str] = Counter()
        self.until: datetime | None = None

    def learn(self, trial: Trial) -> None:
        """Count a trial, and learn from it if what was done is known."""
        self.until = trial.due_at if self.until is None else max(self.until, trial.due_at)
        if trial.action not in self.layers and len(self.layers) >= 2 * MAX_ACTIONS:
            return
        held = self.layers.setdefault(trial.action, [[0, 0] for _ in range(len(_LAYERS) + 1)])
        cell = held[sum(trial.risk >= bound for bound in _LAYERS)]
        cell[0] += 1
        cell[1] += not trial.stayed
        done = trial.reported or (NOTHING if trial.action == NOTHING else "")
        self.reported[trial.action] += bool(trial.reported)
        if done in self.layers and done != NOTHING:
            model = self.models.get(done)
            if model is None:
                model = self.models[done] = linear_model.BayesianLinearRegression(alpha=1.0 / _PRIOR, beta=_NOISE)
            model.learn_one(_inputs(trial.context), float(trial.stayed) - _EVEN)

    def serve(self) -> Promises:
        """A frozen copy."""
        return Promises(copy.deepcopy(self.models))

    def told(self) -> ActionsTold | None:
        """What each action came to beside those held out; none before the first trial ended."""
        if self.until is None:
            return None
        nothing = self._counts(NOTHING)
        names = [name for name in self.layers if name != NOTHING]
        layers = {name: list(zip(self._counts(name), nothing, strict=True)) for name in names}
        chances = holm({name: two_sided(mantel_haenszel(layers[name]).z) for name in names})
        return ActionsTold(
            at=self.until,
            customers=sum(counts.of for name in self.layers for counts in self._counts(name)),
            held_out=sum(counts.of for counts in nothing),
            stayed_held_out=_stayed(nothing),
            actions=[self._told(name, layers[name], chances[name]) for name in sorted(names)],
        )

    def _told(self, name: str, layers: Sequence[tuple[Counts, Counts]], chance: float) -> ActionTold:
        own = [exposed for exposed, _ in layers]
        found = risk_difference(layers)
        return ActionTold(
            action=name,
            tried=sum(counts.of for counts in own),
            reported=self.reported[name],
            stayed=_stayed(own),
            # Churn goes down by as much as staying goes up.
            uplift=None if found is None else round(-found.difference, 4),
            low=None if found is None else round(-found.difference - found.within, 4),
            high=None if found is None else round(-found.difference + found.within, 4),
            chance=round(chance, 4),
        )

    def _counts(self, name: str) -> list[Counts]:
        return [Counts(*cell) for cell in self.layers.get(name, [[0, 0] for _ in range(len(_LAYERS) + 1)])]


def _stayed(counts: Sequence[Counts]) -> float | None:
    of = sum(each.of for each in counts)
    return round(1.0 - sum(each.hits for each in counts) / of, 4) if of else None


def _inputs(context: Mapping[str, float]) -> dict[str, float]:
    return {**context, "always": 1.0}
