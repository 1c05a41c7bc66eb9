"""Drift: the models are wrong more often than they say they are, beyond chance; by River's ADWIN (Bifet, 2007).

What is watched is the loss of predictions that were really made, less the loss that they themselves foretold (the
entropy of what they said). Of a model that is right this is 0 on average, however hard its customers are to foretell: a
cohort that ages, or a season in which everything is uncertain, is no drift.
"""

from math import log

from river import drift

from processors.learning.measures import log_loss

_DELTA = 1e-5
"""Chance of a false alarm at one look; there is a look every 32 outcomes, for ever."""
_LEAST, _MOST = -0.7, 3.0
"""ADWIN's bound is for what is bounded."""
_CLIP = 1e-6


class Drift:
    """Watches the loss of predictions that were really made; `count` is how often it rose."""

    def __init__(self) -> None:
        self.count = 0
        self._adwin = drift.ADWIN(delta=_DELTA)

    def rose(self, p: float, churned: bool) -> bool:
        """Whether this outcome makes it sure that the models have become worse. That they became better is no drift."""
        before = self._adwin.estimation
        excess = min(_MOST, max(_LEAST, log_loss(p, churned) - _entropy(p)))
        self._adwin.update((excess - _LEAST) / (_MOST - _LEAST))
        risen = bool(self._adwin.drift_detected and self._adwin.estimation > before)
        self.count += risen
        return risen


def _entropy(p: float) -> float:
    p = min(1.0 - _CLIP, max(_CLIP, p))
    return -p * log(p) - (1.0 - p) * log(1.0 - p)
