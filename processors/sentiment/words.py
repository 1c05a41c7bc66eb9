"""Words: a bag of words that learns which of them are praise and which complaints, a text at a time.

River's logistic regression over the tokens of a text, in bounded memory. Each bucket belongs to one token, by a vote
(Boyer and Moore, 1991): its owner's votes rise when it is met and fall when another token of the bucket is, and with
none left the other one takes over and begins anew. So rare words are forgotten rather than mixed with others, and it is
known which ones were never met.
"""

from array import array
from collections.abc import Collection
from dataclasses import dataclass
from math import nan, sqrt

from river import linear_model, optim

from processors.learning.inputs import log_odds
from processors.sentiment.tokens import BUCKET_BITS, TAG_BITS

BUCKETS = 1 << BUCKET_BITS
_TAG = (1 << TAG_BITS) - 1
_MOST_VOTES = 255
_STEP, _INTERCEPT_STEP = 0.5, 0.05


@dataclass(frozen=True)
class Bag:
    """What was learned, frozen: a weight for each bucket, which is no number where the bucket is nobody's, the tags of
    the owners, and the log-odds of a text without words."""

    weights: "array[float]"
    tags: bytes
    intercept: float

    def score(self, tokens: Collection[int]) -> tuple[float, float]:
        """The log-odds that a text of these tokens is positive, not calibrated, and the share of them that is known."""
        known = [
            weight
            for token in tokens
            if self.tags[token >> TAG_BITS] == token & _TAG and (weight := self.weights[token >> TAG_BITS]) == weight
        ]
        if not known:
            return self.intercept, 0.0
        return self.intercept + sum(known) / sqrt(len(known)), len(known) / len(tokens)


class Words:
    """Learns from texts whose rating says whether they are positive."""

    def __init__(self) -> None:
        self._tags, self._votes = bytearray(BUCKETS), bytearray(BUCKETS)
        # AdaGrad: rare words take longer steps than common ones.
        self._model = linear_model.LogisticRegression(
            optimizer=optim.AdaGrad(_STEP), l2=0.0, intercept_lr=_INTERCEPT_STEP
        )

    def score(self, tokens: Collection[int]) -> float:
        """The log-odds that a text of these tokens is positive, not calibrated."""
        return log_odds(self._model.predict_proba_one(self._inputs(tokens))[True])

    def learn(self, tokens: Collection[int], positive: bool) -> None:
        """One text."""
        for token in tokens:
            self._meet(token >> TAG_BITS, token & _TAG)
        if inputs := self._inputs(tokens):
            self._model.learn_one(inputs, positive)

    def serve(self) -> Bag:
        """What was learned so far."""
        weights, owned = self._model.weights, self._votes
        held = array("f", (weights.get(bucket, 0.0) if owned[bucket] else nan for bucket in range(BUCKETS)))
        return Bag(held, bytes(self._tags), float(self._model.intercept))

    def _meet(self, bucket: int, tag: int) -> None:
        votes = self._votes[bucket]
        if self._tags[bucket] == tag and votes:
            self._votes[bucket] = min(_MOST_VOTES, votes + 1)
        elif votes:
            self._votes[bucket] = votes - 1
        else:
            self._tags[bucket], self._votes[bucket] = tag, 1
            for learned in (self._model._weights, self._model.optimizer.g2):
                if bucket in learned:
                    del learned[bucket]

    def _inputs(self, tokens: Collection[int]) -> dict[int, float]:
        """The buckets of a text that are its tokens', on the unit sphere: a long text says no more than a short one."""
        known = [
            bucket
            for token in tokens
            if self._votes[bucket := token >> TAG_BITS] and self._tags[bucket] == token & _TAG
        ]
        return dict.fromkeys(known, 1.0 / sqrt(len(known))) if known else {}
