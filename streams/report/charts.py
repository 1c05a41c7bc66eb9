"""The charts of a report."""

from datetime import datetime
from pathlib import Path

from matplotlib.axes import Axes

from schemas.population import ActionsTold, Activity, Churn, Satisfaction
from streams.paper import chart
from streams.paper.chart import COLOURS, GREY, Chart
from streams.report.gathered import Gathered


def draw(folder: Path, gathered: Gathered) -> dict[str, Chart]:
    """Write the charts for which there is something to show, by the name of their section."""
    drawn = dict[str, Chart]()
    if (activity := gathered.section(Activity)) is not None:
        drawn["activity"] = chart.draw(
            folder / "activity.png", "Active and new customers by week",
            "Weeks begin on Monday, UTC; the last one is not over yet.",
            lambda axes: _activity(axes, activity),
        )  # fmt: skip
    churn = gathered.section(Churn)
    if churn is not None and len(churn.weeks) > 1:
        drawn["churn"] = chart.draw(
            folder / "churn.png", "Churn by week", "Of the predictions that fell due in each week, so many left.",
            lambda axes: _churn(axes, churn),
        )  # fmt: skip
    actions = gathered.section(ActionsTold)
    if actions is not None and any(each.uplift is not None for each in actions.actions):
        drawn["actions"] = chart.draw(
            folder / "actions.png", "What actions did",
            "How much larger the share that stayed is than among those held out with as high a risk, and where that "
            "lies with 95%. What reaches over the line may be nothing.",
            lambda axes: _actions(axes, actions),
        )  # fmt: skip
    nps = [
        (each.at, each.nps.score)
        for each in gathered.days.get("satisfaction", ())
        if isinstance(each, Satisfaction) and each.nps is not None
    ]
    if len(nps) > 1:
        drawn["satisfaction"] = chart.draw(
            folder / "satisfaction.png", "Net Promoter Score", "As each of the last days ended.",
            lambda axes: _nps(axes, nps),
        )  # fmt: skip
    return drawn


def _activity(axes: Axes, activity: Activity) -> None:
    weeks = list(reversed(activity.weeks))
    names = [f"{week.begins:%d %b}" for week in weeks]
    axes.bar(names, [week.active for week in weeks], color=COLOURS[0], label="active")
    axes.bar(names, [week.new for week in weeks], color=COLOURS[1], label="new", width=0.4)
    axes.set(ylabel="customers")


def _churn(axes: Axes, churn: Churn) -> None:
    weeks = [week for week in reversed(churn.weeks) if week.outcomes]
    axes.plot(
        [f"{week.begins:%d %b}" for week in weeks], [100.0 * week.churned / week.outcomes for week in weeks],
        color=COLOURS[0], marker="o",
    )  # fmt: skip
    axes.set(ylabel="% that left", ylim=(0, None))


def _actions(axes: Axes, actions: ActionsTold) -> None:
    told = [each for each in actions.actions if each.uplift is not None]
    middle = [100.0 * (each.uplift or 0.0) for each in told]
    reach = [100.0 * ((each.high or 0.0) - (each.uplift or 0.0)) for each in told]
    axes.errorbar(middle, [each.action for each in told], xerr=reach, fmt="o", color=COLOURS[0], capsize=4)
    axes.axvline(0.0, color=GREY, linestyle="--")
    axes.margins(y=0.3)
    axes.set(xlabel="uplift in percentage points")


def _nps(axes: Axes, nps: list[tuple[datetime, float]]) -> None:
    axes.plot([f"{at:%d %b}" for at, _ in nps], [score for _, score in nps], color=COLOURS[0], marker="o")
    axes.set(ylabel="NPS")
