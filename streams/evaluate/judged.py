"""Judged: what was said at a snapshot, beside what came of it and what plain baselines would have said."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from processors.learning.measures import area, mean_log_loss
from schemas.judgements import Scores
from streams.evaluate.truth import Moment

MODEL = "model"


class Ranking(NamedTuple):
    """A score by which customers can be put in order, the likeliest to churn first; what it is called, and its AUC."""

    name: str
    scores: Sequence[float]
    auc: float | None


@dataclass(frozen=True)
class Judged:
    """A snapshot at `at` (epoch seconds) with what was said of each customer and what happened, in the same order."""

    at: float
    counts: bool
    said: Sequence[Scores]
    came: Sequence[Moment]
    churned: Sequence[bool]
    rankings: Sequence[Ranking]
    log_loss: float | None

    @property
    def churn_rate(self) -> float:
        """Share of the customers that churned."""
        return sum(self.churned) / len(self.churned) if self.churned else 0.0

    @property
    def risks(self) -> Sequence[float]:
        """The probability of churn of each customer."""
        return self.rankings[0].scores


def judge(at: float, counts: bool, said: Mapping[str, Scores], came: Mapping[str, Moment]) -> Judged:
    """Put together what was said of the customers and what came; both are of the same customers."""
    moments = list(came.values())
    scores = [said[customer] for customer in came]
    churned = [moment.churned for moment in moments]
    risks = [each.churn for each in scores]
    rankings = {
        MODEL: risks,
        "minus frequency": [-float(moment.active_days) for moment in moments],
        "recency": [moment.silence for moment in moments],
    }
    return Judged(
        at=at,
        counts=counts,
        said=scores,
        came=moments,
        churned=churned,
        rankings=[Ranking(name, values, area(values, churned)) for name, values in rankings.items()],
        log_loss=mean_log_loss(risks, churned) if churned else None,
    )


def hits_at_top(scores: Sequence[float], churned: Sequence[bool], most: float) -> float:
    """How many of the `most` highest scores churned; of equal scores at the edge, the share that fits in."""
    together = sorted(zip(scores, churned, strict=True), key=lambda pair: -pair[0])
    hits = 0.0
    for _, group in groupby(together, key=lambda pair: pair[0]):
        labels = [gone for _, gone in group]
        taken = min(1.0, most / len(labels))
        hits, most = hits + taken * sum(labels), most - taken * len(labels)
        if most <= 0.0:
            break
    return hits
