"""One chart, as PNG. It takes matplotlib, which the extra `evaluate` installs."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SIZE, _DPI = (7.0, 4.2), 144
# Colours that those who see fewer of them can tell apart (Okabe and Ito, 2008).
COLOURS = ("#0072B2", "#E69F00", "#009E73")
GREY = "#777777"


class Chart(NamedTuple):
    """A chart: its file, what it is of, and in words what it shows."""

    path: Path
    title: str
    caption: str


def draw(path: Path, title: str, caption: str, paint: "Callable[[Axes], None]") -> Chart:
    """Write a chart, whose axes are painted by `paint`."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=_SIZE, layout="constrained")
    axes = figure.add_subplot()
    paint(axes)
    axes.set_title(title)
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(frameon=False)
    figure.savefig(path, dpi=_DPI)
    return Chart(path, title, caption)
