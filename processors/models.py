"""What `advance` asks of the models, whoever made them and wherever they came from."""

from collections.abc import Sequence
from typing import Protocol


class Models(Protocol):
    """One frozen version of the models. Asking never changes it. Features are in the order of `features.NAMES`.

    `outcomes` is what it has learned from, `auc` how well it ranked recent outcomes before it had seen them,
    `base_rate` the churn rate known; `warm` says whether that is evidence enough to act on.
    """

    @property
    def version(self) -> int: ...

    @property
    def outcomes(self) -> int: ...

    @property
    def warm(self) -> bool: ...

    @property
    def base_rate(self) -> float: ...

    @property
    def auc(self) -> float | None: ...

    def churn(self, features: Sequence[float]) -> float:
        """Probability that no meaningful touchpoint comes within the horizon."""
        ...

    def engagement(self, features: Sequence[float]) -> float | None:
        """Expected meaningful touchpoints within the engagement window; none before anything was learned."""
        ...

    def explain(self, features: Sequence[float]) -> Sequence[float]:
        """Each feature's contribution to the churn score, in log-odds against the average customer."""
        ...

    def explain_engagement(self, features: Sequence[float]) -> Sequence[float]:
        """Each feature's contribution to the logarithm of the expected engagement."""
        ...


class NoModels:
    """Before the first model: an even chance, marked as knowing nothing."""

    version = 0
    outcomes = 0
    warm = False
    base_rate = 0.5
    auc = None

    def churn(self, features: Sequence[float]) -> float:
        """An even chance."""
        return 0.5

    def engagement(self, features: Sequence[float]) -> float | None:
        """Unknown."""
        return None

    def explain(self, features: Sequence[float]) -> Sequence[float]:
        """Nothing to tell."""
        return [0.0] * len(features)

    def explain_engagement(self, features: Sequence[float]) -> Sequence[float]:
        """Nothing to tell."""
        return [0.0] * len(features)
