"""What `advance` asks of the models, whoever made them and wherever they came from."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from schemas.judgements import Label

MEMBERS = ("bayes", "logistic", "tree", "habit")
"""The models of churn that compete, in the order in which predictions are noted down."""


class Part(NamedTuple):
    """What one input adds to a score, against the average customer."""

    weight: float
    input: str
    value: float


class Explanation(NamedTuple):
    """A score taken apart: the average customer's, and what each input adds to it. They sum to the score: log-odds for
    churn, the logarithm of the count for engagement."""

    average: float
    parts: Sequence[Part]


class Expected(NamedTuple):
    """An expected count, and the interval that holds nine of ten outcomes."""

    mean: float
    low: float
    high: float


class Said(NamedTuple):
    """What the models say: the probability that no meaningful touchpoint comes within the horizon, the meaningful
    touchpoints within the engagement window, and the revenue within the horizon; none where they do not know."""

    churn: float
    engagement: Expected | None = None
    value: float | None = None


class Heard(NamedTuple):
    """How a text sounds, and the same as a number: from -1, surely a complaint, to 1, surely praise."""

    label: Label
    score: float = 0.0


UNKNOWN = Heard("unknown")


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

    def score(self, features: Sequence[float], at: float, currency: str) -> Said:
        """What they say of a customer at `at` (epoch seconds) who pays in this currency."""
        ...

    def members(self, features: Sequence[float], at: float) -> Sequence[float]:
        """The probability of churn by each of `MEMBERS`, whose champion has the say."""
        ...

    def explain(self, features: Sequence[float], at: float) -> Explanation:
        """The churn score taken apart."""
        ...

    def explain_engagement(self, features: Sequence[float], at: float) -> Explanation:
        """The engagement score taken apart."""
        ...

    def lifetime(
        self, features: Sequence[float], spent: float, currency: str, span: float, discount: float
    ) -> float | None:
        """Revenue expected within `span` days of who has spent so much in this currency; what lies d days ahead counts
        exp(-discount * d). None where they do not know."""
        ...

    def cluster(self, features: Sequence[float], held: str) -> str:
        """The name of those whom a customer behaves like, who was held to be like `held`; empty where no groups stand
        apart."""
        ...

    def promise(self, action: str, context: Mapping[str, float]) -> tuple[float, float]:
        """The chance that a customer in such a context stays if this is done, as a mean and a standard deviation."""
        ...

    def hear(self, text: str) -> Heard:
        """How a text sounds; unknown until enough rated texts were learned from."""
        ...


class NoModels:
    """Before the first model: an even chance, marked as knowing nothing."""

    version = 0
    outcomes = 0
    warm = False
    base_rate = 0.5
    auc = None

    def score(self, features: Sequence[float], at: float, currency: str) -> Said:
        """An even chance, and nothing else."""
        return Said(0.5)

    def members(self, features: Sequence[float], at: float) -> Sequence[float]:
        """Nobody has anything to say."""
        return ()

    def explain(self, features: Sequence[float], at: float) -> Explanation:
        """Nothing to tell."""
        return Explanation(0.0, ())

    def explain_engagement(self, features: Sequence[float], at: float) -> Explanation:
        """Nothing to tell."""
        return Explanation(0.0, ())

    def lifetime(
        self, features: Sequence[float], spent: float, currency: str, span: float, discount: float
    ) -> float | None:
        """Nobody knows."""
        return None

    def promise(self, action: str, context: Mapping[str, float]) -> tuple[float, float]:
        """Anything may be."""
        return 0.5, 0.5

    def cluster(self, features: Sequence[float], held: str) -> str:
        """Nobody stands apart."""
        return ""

    def hear(self, text: str) -> Heard:
        """Nobody can tell."""
        return UNKNOWN
