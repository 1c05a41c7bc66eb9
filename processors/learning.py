"""Learning: outcomes go in one by one, and a frozen version of the models comes out whenever it is asked for."""

from river import compose, linear_model, optim, preprocessing

from processors.honesty import CHAMPION, Honesty
from processors.serving import Linear, ServedModels
from schemas.outcome import Outcome

WARM_AFTER = 200
"""Outcomes of each class before a model may raise an alert."""
_BASE_RATE_MEMORY = 1_000
"""Outcomes after which the followed base rate has forgotten most of what was before."""


class Learner:
    """Everything that was learned so far. Deterministic: the same outcomes in the same order give the same learner."""

    def __init__(self) -> None:
        self.version = 0
        self.outcomes = 0
        self.churned = 0
        self.base_rate = 0.5
        self.honesty = Honesty()
        # AdaGrad: outcomes come in waves of like customers, and a constant step follows each wave too far.
        self._churn = compose.Pipeline(
            preprocessing.StandardScaler(),
            linear_model.LogisticRegression(optimizer=optim.AdaGrad(0.05), l2=1e-4),
        )
        self._engagement = compose.Pipeline(
            preprocessing.StandardScaler(),
            linear_model.LinearRegression(
                optimizer=optim.AdaGrad(0.05), loss=optim.losses.Poisson(), l2=1e-4, clip_gradient=5.0
            ),
        )

    @property
    def warm(self) -> bool:
        """Whether enough outcomes of both classes were seen."""
        return min(self.churned, self.outcomes - self.churned) >= WARM_AFTER

    def learn(self, outcome: Outcome) -> None:
        """Score what was predicted, then learn what happened."""
        self.honesty.update(outcome)
        self.outcomes += 1
        self.churned += outcome.churned
        # A plain mean at first, then one that follows.
        self.base_rate += (outcome.churned - self.base_rate) / min(self.outcomes, _BASE_RATE_MEMORY)
        self._churn.learn_one(outcome.features, outcome.churned)
        self._engagement.learn_one(outcome.features, outcome.engaged)

    def serve(self) -> ServedModels:
        """A frozen version for the scorers, numbered one higher than the last."""
        self.version += 1
        return ServedModels(
            version=self.version,
            outcomes=self.outcomes,
            warm=self.warm,
            base_rate=self.base_rate,
            auc=self.honesty.auc(CHAMPION),
            log_odds=Linear.of(self._churn),
            log_engagement=Linear.of(self._engagement),
        )
