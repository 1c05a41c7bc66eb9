"""What the demo says when it ends."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from schemas.alert import AlertKind
from streams.demo.figures import Figures
from streams.demo.truth import Comparison
from streams.demo.view import SCORED, Scene

_ALWAYS = frozenset((AlertKind.CHURN_RISK, AlertKind.ENGAGEMENT_RISING, AlertKind.CUSTOMER_LEFT))


def summary(
    scene: Scene, published: int, days: float, invalid: int, comparison: Comparison, actions: tuple[str, str]
) -> RenderableType:
    """The totals, and how the alerts compare with the hidden truth.

    Args:
        scene: how things stood in the end.
        published: touchpoints that the gateway acknowledged.
        days: that went by in the shop.
        invalid: records on the alerts topic that are no Alert.
        comparison: of the alerts with the truth.
        actions: what they did, and what was found out of that.
    """
    figures = scene.figures
    churned = f"; {figures.churned / figures.outcomes:.0%} of them churned" if figures.outcomes else ""
    opened = ", ".join(f"{scene.opened[kind]:,} {kind}" for kind in AlertKind if scene.opened[kind] or kind in _ALWAYS)
    valid = f"{invalid:,} records were no valid Alert" if invalid else "every one a valid Alert"
    totals = [
        ("touchpoints", f"{published:,} published, {figures.touchpoints:,} folded, {figures.rejected:,} rejected"),
        ("profiles", f"{figures.profiles:,}"),
        ("outcomes", f"{figures.outcomes:,} came due, {figures.learned:,} learned{churned}"),
        ("alerts opened", f"{opened}; {valid}"),
        ("prequential AUC", _auc(figures)),
    ]
    return Group(
        Text(f"Ebbflow demo: {days:.0f} days of a simulated shop in {scene.elapsed:.0f} seconds", style="bold"),
        _table(totals),
        Text("Against the truth, which only the simulation knew:", style="bold"),
        _table([*comparison.in_words(), actions]),
    )


def _table(rows: Sequence[tuple[str, str]]) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True, min_width=len("engagement alerts"))
    table.add_column()
    for row in rows:
        table.add_row(*row)
    return table


def _auc(figures: Figures) -> str:
    if "champion" not in figures.auc:
        return "none yet: no outcome of a prediction by a model has come due"
    said = ", ".join(f"{words} {figures.auc[name]:.3f}" for name, words in SCORED.items())
    return f"{said} (of the newest outcomes, before learning from them; 0.5 is guessing)"
