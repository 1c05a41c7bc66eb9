"""The summary: how good all the snapshots that count were together."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from math import ceil

from processors.learning.measures import TOP, Bin, brier, calibration, calibration_error, mean_log_loss
from streams.evaluate.judged import Judged, hits_at_top


@dataclass(frozen=True)
class Summary:
    """Figures over all predictions of the snapshots that count; what cannot be said is none.

    `auc`: means within snapshots, by ranking. `precision_top`: churn rate among the twentieth of each snapshot that the
    model ranked highest. `coverage`: share of the real numbers of meaningful touchpoints that lay within the interval
    that was to hold nine of ten. `engagement_error`: mean absolute error of the number expected. `expected_revenue` and
    `real_revenue`: totals over those for whom a value was predicted.
    """

    predictions: int
    churn_rate: float
    auc: dict[str, float | None]
    log_loss: float
    brier: float
    calibration: list[Bin]
    calibration_error: float | None
    precision_top: float
    coverage: float | None
    engagement_error: float
    expected_revenue: float | None
    real_revenue: float | None


def summarize(snapshots: Sequence[Judged], money: bool) -> Summary:
    """The summary of the snapshots that count; `money`: whether revenue can be summed, being in one currency.

    Those snapshots must hold at least one customer.
    """
    counting = [each for each in snapshots if each.counts]
    risks = list(chain.from_iterable(each.risks for each in counting))
    churned = list(chain.from_iterable(each.churned for each in counting))
    count = len(churned)
    pairs = [pair for each in counting for pair in zip(each.said, each.came, strict=True)]
    bins = calibration(risks, churned)
    held = [said.low <= came.touchpoints <= said.high for said, came in pairs if said.high > 0.0]
    valued = [(said.value, came.revenue) for said, came in pairs if said.value is not None] if money else []
    tops = [ceil(TOP * len(each.churned)) for each in counting]
    hits = sum(hits_at_top(each.risks, each.churned, top) for each, top in zip(counting, tops, strict=True))
    return Summary(
        predictions=count,
        churn_rate=sum(churned) / count,
        auc={
            ranking.name: _mean([each.rankings[place].auc for each in counting])
            for place, ranking in enumerate(counting[0].rankings)
        },
        log_loss=mean_log_loss(risks, churned),
        brier=brier(risks, churned),
        calibration=bins,
        calibration_error=calibration_error(bins),
        precision_top=hits / sum(tops),
        coverage=sum(held) / len(held) if held else None,
        engagement_error=sum(abs(said.engagement - came.touchpoints) for said, came in pairs) / count,
        expected_revenue=sum(value for value, _ in valued) if valued else None,
        real_revenue=sum(paid for _, paid in valued) if valued else None,
    )


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
