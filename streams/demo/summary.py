"""What the demo says when it ends."""

from collections.abc import Sequence

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from schemas.alert import AlertKind
from streams.demo.figures import Figures
from streams.demo.shopper import DAY
from streams.demo.truth import Comparison
from streams.demo.view import Scene


def summary(scene: Scene, published: int, began: float, invalid: int, comparison: Comparison) -> Sequence[RenderableType]:
    """The totals, and how the alerts compare with the hidden truth.

    Args:
        scene: how things stood in the end.
        published: touchpoints that the gateway acknowledged.
        began: stream time of the first day.
        invalid: records on the alerts topic that are no Alert.
        comparison: of the alerts with the truth.
    """
    figures = scene.figures
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column()
    table.add_row("touchpoints", f"{published:,} published, {figures.touchpoints:,} folded, {figures.rejected:,} rejected")
    table.add_row("profiles", f"{figures.profiles:,}")
    share = f"; {figures.churned / figures.outcomes:.0%} of them churned" if figures.outcomes else ""
    table.add_row("outcomes", f"{figures.outcomes:,} came due, {figures.learned:,} learned{share}")
    opened = ", ".join(f"{scene.opened[kind]:,} {kind}" for kind in AlertKind)
    valid = "every one a valid Alert" if not invalid else f"{invalid:,} records were no valid Alert"
    table.add_row("alerts", f"{opened} opened; {valid}")
    table.add_row("AUC", _auc(figures))
    days = (scene.now - began) / DAY
    said = [Text(f"Ebbflow demo: {scene.elapsed:.0f} seconds, {days:.0f} days of a simulated shop", style="bold"), table]
    truth = [Text("- " + sentence) for sentence in comparison.in_words()]
    return [*said, Text("Against the truth, which only the simulation knew:", style="bold"), *truth]


def _auc(figures: Figures) -> str:
    if "champion" not in figures.auc:
        return "none yet: no outcome of a prediction by a model has come due"
    aucs = [f"{figures.auc[name]:.3f} {words}" for name, words in
            (("champion", "the model"), ("recency", "recency alone"), ("minus_frequency", "minus frequency alone"))]
    return ", ".join(aucs) + " (prequential, of the newest outcomes; 0.5 is guessing)"
