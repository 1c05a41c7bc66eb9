"""Measures: how good predictions of churn were, once it is known what happened."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

TOP = 0.05
"""The share of customers that a campaign could be for."""
BINS = 10

_CLIP = 1e-6


@dataclass(frozen=True)
class Measures:
    """How good predictions were; what cannot be said of so few, or of a score that is no probability, is none.

    `auc`: area under the ROC curve. `log_loss` and `brier`: means. `calibration_error`: expected calibration
    error in ten bins of equal width (Naeini et al., 2015). `precision_top`: churn rate of the twentieth that scored
    highest.
    """

    outcomes: int
    auc: float | None = None
    log_loss: float | None = None
    brier: float | None = None
    calibration_error: float | None = None
    precision_top: float | None = None


@dataclass(frozen=True)
class Bin:
    """One bin of a calibration curve: how many predictions, their mean, and the churn rate among them."""

    count: int
    predicted: float
    happened: float


def log_loss(p: float, churned: bool) -> float:
    """Minus the logarithm of the probability that was given to what happened."""
    p = min(1.0 - _CLIP, max(_CLIP, p))
    return -math.log(p if churned else 1.0 - p)


def mean_log_loss(scores: Sequence[float], labels: Sequence[bool]) -> float:
    """The mean over predictions, of which there is at least one."""
    return sum(log_loss(p, churned) for p, churned in zip(scores, labels, strict=True)) / len(labels)


def brier(scores: Sequence[float], labels: Sequence[bool]) -> float:
    """The mean squared error of probabilities, of which there is at least one."""
    return sum((p - churned) ** 2 for p, churned in zip(scores, labels, strict=True)) / len(labels)


def area(scores: Sequence[float], labels: Sequence[bool]) -> float | None:
    """Area under the ROC curve, ties counted half; none without both classes (Mann and Whitney, 1947)."""
    positives = sum(labels)
    negatives = len(labels) - positives
    if not positives or not negatives:
        return None
    order = sorted(range(len(scores)), key=scores.__getitem__)
    ranks, place = 0.0, 0
    while place < len(order):
        end = place
        while end + 1 < len(order) and scores[order[end + 1]] == scores[order[place]]:
            end += 1
        shared = (place + end) / 2.0 + 1.0
        ranks += shared * sum(labels[at] for at in order[place : end + 1])
        place = end + 1
    return (ranks - positives * (positives + 1) / 2.0) / (positives * negatives)


def bin_of(p: float) -> int:
    """Which of ten bins of equal width a probability is in."""
    return min(BINS - 1, int(p * BINS))


def calibration(scores: Sequence[float], labels: Sequence[bool]) -> list[Bin]:
    """The calibration curve."""
    counts, predicted, happened = [0] * BINS, [0.0] * BINS, [0] * BINS
    for p, churned in zip(scores, labels, strict=True):
        place = bin_of(p)
        counts[place] += 1
        predicted[place] += p
        happened[place] += churned
    return bins_of(counts, predicted, happened)


def bins_of(counts: Sequence[int], predicted: Sequence[float], happened: Sequence[int]) -> list[Bin]:
    """The calibration curve from the sums of each bin: predictions, their probabilities, and those that came true."""
    return [
        Bin(n, said / n, yes / n) if n else Bin(0, 0.0, 0.0)
        for n, said, yes in zip(counts, predicted, happened, strict=True)
    ]


def calibration_error(bins: Sequence[Bin]) -> float | None:
    """The mean distance between what was predicted and what happened, over all predictions."""
    count = sum(each.count for each in bins)
    return sum(each.count * abs(each.predicted - each.happened) for each in bins) / count if count else None
