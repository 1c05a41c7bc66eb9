"""What `advance` asks of the models, whoever made them and wherever they came from."""

from typing import Protocol


class Models(Protocol):
    """One frozen version of the models. Asking never changes it.

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

    def churn(self, features: dict[str, float]) -> float:
        """Probability that no meaningful touchpoint comes within the horizon."""
        ...

    def engagement(self, features: dict[str, float]) -> float | None:
        """Expected meaningful touchpoints within the engagement window; none before anything was learned."""
        ...

    def explain(self, features: dict[str, float]) -> dict[str, float]:
        """Each feature's contribution to the churn score, in log-odds against the average customer."""
        ...

    def explain_engagement(self, features: dict[str, float]) -> dict[str, float]:
        """Each feature's contribution to the logarithm of the expected engagement."""
        ...


class NoModels:
    """Before the first model: an even chance, marked as knowing nothing."""

    version = 0
    outcomes = 0
    warm = False
    base_rate = 0.5
    auc = None

    def churn(self, features: dict[str, float]) -> float:
        """An even chance."""
        return 0.5

    def engagement(self, features: dict[str, float]) -> float | None:
        """Unknown."""
        return None

    def explain(self, features: dict[str, float]) -> dict[str, float]:
        """Nothing to tell."""
        return {}

    def explain_engagement(self, features: dict[str, float]) -> dict[str, float]:
        """Nothing to tell."""
        return {}
