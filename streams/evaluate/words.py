"""The result in words and numbers, as the terminal and the report both show it."""

from collections.abc import Sequence
from datetime import UTC, datetime

from streams.evaluate.judged import MODEL, Judged
from streams.evaluate.summary import Summary

HEADINGS = ("snapshot", "customers", "churn", "AUC of the model", "minus frequency", "recency", "log loss")
NOT_COUNTED = "* too early for a model to have seen outcomes of the first snapshot: shown, but not counted below"


def day_of(at: float) -> str:
    """The date of a moment at midnight."""
    return datetime.fromtimestamp(at, UTC).date().isoformat()


def row_of(snapshot: Judged) -> tuple[str, ...]:
    """A row of the table."""
    return (
        day_of(snapshot.at) + ("" if snapshot.counts else " *"),
        f"{len(snapshot.churned):,}",
        f"{snapshot.churn_rate:.3f}",
        *(_figure(ranking.auc) for ranking in snapshot.rankings),
        _figure(snapshot.log_loss),
    )


def figures_of(summary: Summary) -> Sequence[tuple[str, str]]:
    """The summary, name and figure."""
    baselines = [f"{name} {_figure(auc, 4)}" for name, auc in summary.auc.items() if name != MODEL]
    figures = [
        ("predictions scored", f"{summary.predictions:,}, of which {summary.churn_rate:.1%} churned"),
        ("mean AUC within a snapshot", f"{_figure(summary.auc[MODEL], 4)} ({', '.join(baselines)})"),
        ("log loss", f"{summary.log_loss:.4f}"),
        ("Brier score", f"{summary.brier:.4f}"),
        ("expected calibration error", f"{_figure(summary.calibration_error, 4)} (10 bins)"),
        ("churn among the top 5%", f"{summary.precision_top:.1%}"),
        ("engagement interval holds", "-" if summary.coverage is None else f"{summary.coverage:.1%} (90% is meant)"),
        ("engagement, mean absolute error", f"{summary.engagement_error:.2f} touchpoints"),
    ]
    if summary.expected_revenue is not None and summary.real_revenue is not None:
        figures.append(
            ("revenue in the horizons", f"{summary.expected_revenue:,.0f} expected, {summary.real_revenue:,.0f} real")
        )
    return figures


def _figure(value: float | None, digits: int = 3) -> str:
    return "-" if value is None else f"{value:.{digits}f}"
