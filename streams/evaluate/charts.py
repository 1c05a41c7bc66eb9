"""Charts of an evaluation, as PNG. They take matplotlib, which the extra `evaluate` installs."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from matplotlib.axes import Axes

from streams.evaluate.judged import Judged, hits_at_top
from streams.evaluate.summary import Summary
from streams.paper import chart
from streams.paper.chart import COLOURS, GREY, Chart

_SHARES = [share / 20 for share in range(1, 21)]


def draw(folder: Path, snapshots: Sequence[Judged], summary: Summary) -> list[Chart]:
    """Write the charts into a folder."""
    counting = [each for each in snapshots if each.counts]
    error = summary.calibration_error or 0.0
    return [
        chart.draw(
            folder / "calibration.png",
            "Calibration",
            "Of those with such a predicted risk, so many churned. On the dashed line a prediction is worth its word; "
            f"the mean distance from it is {error:.3f}.",
            lambda axes: _calibration(axes, summary),
        ),
        chart.draw(
            folder / "auc.png",
            "AUC over time",
            "How well each snapshot told those who churned from those who stayed: 0.5 is a coin, 1 is perfect. "
            "The baselines need no model.",
            lambda axes: _auc(axes, counting),
        ),
        chart.draw(
            folder / "lift.png",
            "Lift",
            "Churn among the customers ranked highest, as a multiple of churn among all. At 5%, with the model: "
            f"{summary.precision_top / summary.churn_rate if summary.churn_rate else 0.0:.2f} times.",
            lambda axes: _lift(axes, counting),
        ),
    ]


def _calibration(axes: Axes, summary: Summary) -> None:
    filled = [each for each in summary.calibration if each.count]
    most = max(each.count for each in filled)
    axes.plot((0, 1), (0, 1), color=GREY, linestyle="--", label="as predicted")
    axes.plot([each.predicted for each in filled], [each.happened for each in filled], color=COLOURS[0])
    axes.scatter(
        [each.predicted for each in filled],
        [each.happened for each in filled],
        s=[20 + 180 * each.count / most for each in filled],
        color=COLOURS[0],
        label="a tenth of the scale, larger with more customers",
    )
    axes.set(xlabel="predicted risk", ylabel="share that churned", xlim=(0, 1), ylim=(0, 1))


def _auc(axes: Axes, counting: Sequence[Judged]) -> None:
    days = [datetime.fromtimestamp(each.at, UTC) for each in counting]
    for place, colour in enumerate(COLOURS):
        found = [each.rankings[place].auc for each in counting]
        values = [float("nan") if auc is None else auc for auc in found]
        axes.plot(days, values, color=colour, marker="o", label=counting[0].rankings[place].name)  # type: ignore[arg-type]
    axes.set(ylabel="AUC within the snapshot")
    axes.tick_params(axis="x", rotation=30)


def _lift(axes: Axes, counting: Sequence[Judged]) -> None:
    gone = sum(sum(each.churned) for each in counting)
    axes.axhline(1.0, color=GREY, linestyle="--", label="anyone")
    for place, colour in enumerate(COLOURS):
        lifts = []
        for share in _SHARES:
            hits = sum(
                hits_at_top(each.rankings[place].scores, each.churned, share * len(each.churned)) for each in counting
            )
            lifts.append(hits / (share * gone) if gone else 0.0)
        axes.plot([100 * share for share in _SHARES], lifts, color=colour, label=counting[0].rankings[place].name)
    axes.set(xlabel="customers of highest rank, in %", ylabel="churn among them, times the usual")
