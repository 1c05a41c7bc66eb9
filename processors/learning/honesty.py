"""Honesty: every model is scored on predictions it really made, beside baselines that anyone could have used.

Delayed progressive validation: an outcome is scored by what was predicted when it lay ahead, before anything is learned
from it. The baselines are scored on the same outcomes: recency, minus the number of active days, and the base rate.
"""

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import replace

from processors.learning.measures import (
    BINS,
    TOP,
    Bin,
    Measures,
    area,
    bin_of,
    bins_of,
    brier,
    calibration,
    calibration_error,
    log_loss,
    mean_log_loss,
)
from processors.models import MEMBERS
from schemas.outcome import Outcome

WINDOW = 2_000
"""Outcomes that count as recent."""
CHAMPION, RECENCY, MINUS_FREQUENCY, BASE_RATE = "champion", "recency", "minus_frequency", "base_rate"
SCORED = (CHAMPION, *MEMBERS, RECENCY, MINUS_FREQUENCY, BASE_RATE)
RANKINGS = frozenset((RECENCY, MINUS_FREQUENCY))
"""Baselines that rank, but are no probabilities."""

# Rankings are logarithms of days; this many buckets between the ends tell apart what an AUC needs to.
_BUCKETS = 400
_RANGE = 8.0


class Record:
    """What one model or baseline said, and what happened: recently, one by one, and for all time in counts."""

    def __init__(self, probabilities: bool) -> None:
        self._probabilities = probabilities
        self._recent: deque[tuple[float, bool]] = deque(maxlen=WINDOW)
        self._no, self._yes = [0] * _BUCKETS, [0] * _BUCKETS
        self._log_loss = self._brier = 0.0
        self._sums = [0.0] * BINS

    def add(self, score: float, churned: bool) -> None:
        """One outcome."""
        self._recent.append((score, churned))
        share = score if self._probabilities else 0.5 + score / (2.0 * _RANGE)
        bucket = min(_BUCKETS - 1, max(0, int(share * _BUCKETS)))
        (self._yes if churned else self._no)[bucket] += 1
        if self._probabilities:
            self._log_loss += log_loss(score, churned)
            self._brier += (score - churned) ** 2
            self._sums[bin_of(score)] += score

    def recent(self) -> Measures:
        """Of the last `WINDOW` outcomes."""
        scores, labels = [score for score, _ in self._recent], [churned for _, churned in self._recent]
        count = len(labels)
        if not count:
            return Measures(0)
        top = sorted(self._recent, key=lambda said: -said[0])[: math.ceil(TOP * count)]
        ranked = Measures(count, area(scores, labels), precision_top=sum(churned for _, churned in top) / len(top))
        if not self._probabilities:
            return ranked
        return replace(
            ranked,
            log_loss=mean_log_loss(scores, labels),
            brier=brier(scores, labels),
            calibration_error=calibration_error(calibration(scores, labels)),
        )

    def curve(self) -> list[Bin]:
        """The calibration curve of the last `WINDOW` outcomes."""
        return calibration([score for score, _ in self._recent], [churned for _, churned in self._recent])

    def all_time(self) -> Measures:
        """Of all outcomes; AUC and precision to the width of a bucket."""
        no, yes = sum(self._no), sum(self._yes)
        count = no + yes
        if not count:
            return Measures(0)
        below, pairs = 0, 0.0
        for stayed, left in zip(self._no, self._yes, strict=True):
            pairs += left * (below + stayed / 2.0)
            below += stayed
        auc = pairs / (no * yes) if no and yes else None
        wanted = math.ceil(TOP * count)
        taken = hits = 0.0
        for stayed, left in zip(reversed(self._no), reversed(self._yes), strict=True):
            share = min(1.0, (wanted - taken) / (stayed + left)) if stayed + left else 0.0
            taken, hits = taken + share * (stayed + left), hits + share * left
        ranked = Measures(count, auc, precision_top=hits / wanted)
        if not self._probabilities:
            return ranked
        happened, otherwise = _by_bin(self._yes), _by_bin(self._no)
        bins = bins_of([yes + no for yes, no in zip(happened, otherwise, strict=True)], self._sums, happened)
        return replace(
            ranked,
            log_loss=self._log_loss / count,
            brier=self._brier / count,
            calibration_error=calibration_error(bins),
        )


class Honesty:
    """The records of the champion, of every model, and of the baselines."""

    def __init__(self) -> None:
        self.records = {name: Record(name not in RANKINGS) for name in SCORED}
        self._held: deque[bool] = deque(maxlen=WINDOW)

    def update(self, outcome: Outcome) -> None:
        """Take in one outcome of a prediction that a model made."""
        said = {
            CHAMPION: outcome.predicted_churn,
            RECENCY: outcome.features["recency"],
            MINUS_FREQUENCY: -outcome.features["active_days"],
            BASE_RATE: outcome.base_rate,
            **outcome.members,
        }
        for name, score in said.items():
            self.records[name].add(score, outcome.churned)
        if outcome.expected_high > 0.0:
            self._held.append(outcome.expected_low <= outcome.engaged <= outcome.expected_high)

    def coverage(self) -> float | None:
        """Share of recent outcomes that the engagement interval held."""
        return sum(self._held) / len(self._held) if self._held else None


def _by_bin(buckets: Sequence[int]) -> list[int]:
    width = _BUCKETS // BINS
    return [sum(buckets[at : at + width]) for at in range(0, _BUCKETS, width)]
