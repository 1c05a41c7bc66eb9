"""The learner of sentiment: each rated text is judged as if it had none, and then learned from."""

from collections import deque
from collections.abc import Sequence
from math import sqrt

from processors.learning.inputs import log_odds
from processors.learning.measures import log_loss
from processors.learning.recursive import RecursiveLogistic
from processors.sentiment.praise import is_praise
from processors.sentiment.record import Record
from processors.sentiment.serving import ServedSentiment
from processors.sentiment.words import Words

WARM_AFTER = 20
"""Texts of each kind before anything is said of another one; it mostly takes more until they are foretold well."""
WINDOW = 1_000
"""Rated texts that count as recent."""
_SURE = 3.0
"""Standard errors by which recent texts must have been foretold better than by the base rate. It is asked again and
again, and chance must not pass for knowledge."""
_BASE_RATE_MEMORY = 1_000
_CALIBRATION_MEMORY = 2_000
_SCORE = "score"


class SentimentLearner:
    """All that was learned of how customers sound. Deterministic: the same texts in the same order give the same."""

    def __init__(self) -> None:
        self.positive = self.negative = 0
        self.base_rate = 0.5
        self._words = Words()
        self._calibration = RecursiveLogistic(_CALIBRATION_MEMORY, guess=1.0)
        self._recent: deque[tuple[float, float, bool]] = deque(maxlen=WINDOW)

    def expects(self, tokens: Sequence[int]) -> float:
        """The log-odds that a text of these tokens comes with praise, as it stands, however little that is."""
        return log_odds(self._chance(self._words.score(tokens)))

    def learn(self, tokens: Sequence[int], rating: float) -> None:
        """One text, by its distinct tokens, and its rating of 0 to 1. Mixed feelings teach nothing."""
        positive = is_praise(rating)
        if positive is None or not tokens:
            return
        score = self._words.score(tokens)
        said = self._chance(score)
        if self.positive and self.negative:
            self._recent.append((said, self.base_rate, positive))
        self._calibration.learn_one({_SCORE: score}, positive)
        self._words.learn(tokens, positive)
        self.positive += positive
        self.negative += not positive
        # A plain mean at first, then one that follows.
        self.base_rate += (positive - self.base_rate) / min(self.positive + self.negative + 1, _BASE_RATE_MEMORY)

    @property
    def warm(self) -> bool:
        """Whether enough was seen of both kinds, and recent texts were foretold better than by their base rate."""
        if min(self.positive, self.negative) < WARM_AFTER:
            return False
        gains = [log_loss(base, positive) - log_loss(said, positive) for said, base, positive in self._recent]
        mean = sum(gains) / len(gains)
        variance = sum((gain - mean) ** 2 for gain in gains) / len(gains)
        return mean > _SURE * sqrt(variance / len(gains))

    def record(self) -> Record:
        """How good it was lately."""
        count = len(self._recent)
        if not count:
            return Record(self.positive, self.negative)
        return Record(
            positive=self.positive,
            negative=self.negative,
            speaks=self.warm,
            accuracy=sum((said > 0.5) == positive for said, _, positive in self._recent) / count,
            base_accuracy=sum((base > 0.5) == positive for _, base, positive in self._recent) / count,
            log_loss=sum(log_loss(said, positive) for said, _, positive in self._recent) / count,
            base_log_loss=sum(log_loss(base, positive) for _, base, positive in self._recent) / count,
        )

    def _chance(self, score: float) -> float:
        return float(self._calibration.predict_proba_one({_SCORE: score})[True])

    def serve(self) -> ServedSentiment | None:
        """What was learned, frozen; none until it knows enough."""
        if not self.warm:
            return None
        return ServedSentiment(
            bag=self._words.serve(),
            stretch=float(self._calibration.weights[0]),
            shift=self._calibration.intercept,
            base_rate=self.base_rate,
        )
