"""What the workers use: one frozen version, which says how a text sounds, or that it cannot tell."""

from dataclasses import dataclass
from math import log

from processors.learning.inputs import log_odds, probability
from processors.models import UNKNOWN, Heard
from processors.sentiment.tokens import tokens
from processors.sentiment.words import Bag

_TWICE = log(2.0)
"""Log-odds from which a text takes a side: the one is twice as likely as the other."""
_KNOWN = 0.3
"""The least share of a text's tokens that must have been met. In reviews of a language that was learned, 99 of 100 have
more, and in those of another language nearly all have less."""


@dataclass(frozen=True)
class ServedSentiment:
    """One version: a bag of words, what makes its log-odds mean what they say, and how common praise is."""

    bag: Bag
    stretch: float
    shift: float
    base_rate: float

    def hear(self, text: str) -> Heard:
        """How a text sounds, as if praise and complaints were equally common: tickets are not as rated texts are."""
        score, known = self.bag.score(tokens(text))
        if known < _KNOWN:
            return UNKNOWN
        odds = self.stretch * score + self.shift - log_odds(self.base_rate)
        heard = round(2.0 * probability(odds) - 1.0, 4)
        if abs(odds) < _TWICE:
            return Heard("neutral", heard)
        return Heard("positive" if odds > 0.0 else "negative", heard)
