"""`python -m dashboards.draw business business.png` draws a dashboard from what a Prometheus answers.

For where there is no Grafana: the panels as they are kept in `dashboards/grafana`, with their places, titles, units and
questions. It takes matplotlib, which the extra `evaluate` installs.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from datetime import UTC, timedelta
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING

from dashboards.answers import Line, Panel, Prometheus, PrometheusError, kept, names
from schemas.duration import parse_duration
from streams.paper.chart import GREY

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_WIDTH, _DPI = 12.0, 100
_COLUMNS, _UNIT_HEIGHT, _HEAD = 24, 0.3, 0.55
_GAP = 0.06
"""Inches: the width of the picture, the height of a unit of the grid, of the title, and between panels."""
_PAPER, _CARD, _INK = "#f4f5f7", "#ffffff", "#1a1a1a"
# Okabe and Ito (2008), for those who see fewer colours; yellow is left out, which nobody sees on white.
_COLOURS = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#000000", "#999999")
_SHORT = 600.0
"""Seconds; a span that is shorter has seconds on its axis."""
_MOST_FILLED = 4
_SMALL, _LINE = 8.0, 0.15
"""The size of a legend in points, and the height of its lines in inches."""
_LETTER = 0.58 / 72
"""How wide a letter is in inches for each point of its size."""
_HANDLE = 5
"""Letters that the mark of a legend takes, and the space before the next."""
_THOUSANDS = (("G", 1e9), ("M", 1e6), ("K", 1e3))
_AFTER = {"cps": "/s", "reqps": "/s"}
_LONG = ((" d", 86_400.0), (" h", 3_600.0), (" min", 60.0))


def draw(name: str, prometheus: Prometheus, path: Path) -> list[str]:
    """Draw a dashboard into a PNG file; the titles of panels that have no data.

    Raises:
        PrometheusError: if Prometheus does not answer.
    """
    from matplotlib.figure import Figure

    title, panels = kept(name)
    answered = [(panel, prometheus.lines(panel)) for panel in panels]
    rows = max(y + h for _, y, _, h in (panel.place for panel in panels))
    figure = Figure(figsize=(_WIDTH, _HEAD + rows * _UNIT_HEIGHT), facecolor=_PAPER)
    figure.text(0.012, 1 - 0.3 / figure.get_figheight(), title, size=15, weight="bold", color=_INK, va="center")
    for panel, lines in answered:
        if panel.kind == "row":
            _heading(figure, panel)
        elif panel.kind == "stat":
            _stat(_card(figure, panel, (0.0, 0.0, 0.0, 0.0)), panel, lines)
        else:
            _series(figure, _card(figure, panel, (0.62, 0.55, 0.18, 0.36)), panel, lines)
    figure.savefig(path, dpi=_DPI)
    return [panel.title for panel, lines in answered if panel.kind != "row" and not lines]


def figure_of(value: float, unit: str, decimals: int | None = None) -> str:
    """A number in the words of Grafana's units.

    >>> figure_of(0.256, "percentunit", 1), figure_of(12345, "short"), figure_of(1, "bool_yes_no")
    ('25.6%', '12.3K', 'Yes')
    """
    if unit == "bool_yes_no":
        return "Yes" if value else "No"
    if unit == "percentunit":
        return f"{100 * value:.{0 if decimals is None else decimals}f}%"
    if unit == "bytes":
        return f"{value / 2**20:,.0f} MiB"
    for mark, size in _LONG if unit == "s" else _THOUSANDS:
        if abs(value) >= size:
            return f"{value / size:.3g}{mark}{_AFTER.get(unit, '')}"
    number = f"{value:.3g}" if decimals is None else f"{value:.{decimals}f}"
    return number + (" s" if unit == "s" else _AFTER.get(unit, ""))


def _box(figure: "Figure", panel: Panel, inner: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    """Left, bottom, width and height in shares of the figure; `inner` is what is left free within, in inches."""
    across, down = figure.get_figwidth(), figure.get_figheight()
    x, y, w, h = panel.place
    left, bottom, right, top = (_GAP + each for each in inner)
    column = across / _COLUMNS
    return (
        (x * column + left) / across,
        1 - (_HEAD + (y + h) * _UNIT_HEIGHT - bottom) / down,
        (w * column - left - right) / across,
        (h * _UNIT_HEIGHT - bottom - top) / down,
    )


def _heading(figure: "Figure", panel: Panel) -> None:
    left, bottom, _, height = _box(figure, panel, (0.06, 0.0, 0.0, 0.0))
    figure.text(left, bottom + height / 2, panel.title, size=11, weight="bold", color=_INK, va="center")


def _card(figure: "Figure", panel: Panel, inner: tuple[float, float, float, float]) -> "Axes":
    """Axes on a card of their own, with the panel's title in its corner."""
    from matplotlib.patches import Rectangle

    left, bottom, width, height = _box(figure, panel, (0.0, 0.0, 0.0, 0.0))
    figure.add_artist(Rectangle((left, bottom), width, height, facecolor=_CARD, edgecolor="#dcdfe4", zorder=0))
    over, beside = 0.18 / figure.get_figheight(), 0.12 / figure.get_figwidth()
    size = min(10.0, (width * figure.get_figwidth() - 0.2) / (len(panel.title) * _LETTER))
    figure.text(left + beside, bottom + height - over, panel.title, size=size, color=_INK, va="center")
    axes = figure.add_axes(_box(figure, panel, inner))
    axes.set_facecolor("none")
    return axes


def _stat(axes: "Axes", panel: Panel, lines: Sequence[Line]) -> None:
    axes.set_axis_off()
    said = figure_of(lines[0].values[-1], panel.unit, panel.decimals) if lines else "No data"
    axes.text(0.5, 0.42, said, size=24 if lines else 12, color=_COLOURS[0] if lines else GREY, ha="center", va="center")


def _series(figure: "Figure", axes: "Axes", panel: Panel, lines: Sequence[Line]) -> None:
    from matplotlib.dates import AutoDateLocator, DateFormatter
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=8, colors="#444444")
    if not lines:
        axes.set_axis_off()
        axes.text(0.5, 0.5, "No data", size=12, color=GREY, ha="center", va="center")
        return
    # Where there are more lines than colours, those that end highest have names.
    ranked = sorted(lines, key=lambda line: -line.values[-1])
    named = {line.label for line in ranked[: len(_COLOURS)]} - {""}
    colours = dict(zip(sorted(named), _COLOURS, strict=False))
    for line in sorted(lines):
        times = [_at(at) for at in line.times]
        colour = colours.get(line.label, "#cccccc")
        axes.plot(times, line.values, color=colour, linewidth=1.3, label=line.label if line.label in named else None)
        if len(lines) <= _MOST_FILLED:
            axes.fill_between(times, line.values, color=colour, alpha=0.06, linewidth=0)
    axes.grid(alpha=0.25)
    axes.margins(x=0)
    axes.xaxis.set_major_locator(AutoDateLocator(minticks=3, maxticks=6))  # type: ignore[no-untyped-call]
    span = max(line.times[-1] for line in lines) - min(line.times[0] for line in lines)
    spelled = "%H:%M:%S" if span < _SHORT else "%H:%M"
    axes.xaxis.set_major_formatter(DateFormatter(spelled, tz=UTC))  # type: ignore[no-untyped-call]
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: figure_of(value, panel.unit)))
    if panel.least is not None:
        axes.set_ylim(bottom=panel.least)
    if named:
        _legend(figure, axes, sorted(named))


def _legend(figure: "Figure", axes: "Axes", named: Sequence[str]) -> None:
    """Below the axes, in as many columns as there is room for; the axes make room for its lines."""
    box, across, down = axes.get_position(), figure.get_figwidth(), figure.get_figheight()
    room = box.width * across / (_LETTER * _SMALL)
    widths = [len(label) + _HANDLE for label in named]
    columns = len(named) if sum(widths) <= room else max(1, int(room / max(widths)))
    more = (ceil(len(named) / columns) - 1) * _LINE / down
    axes.set_position((box.x0, box.y0 + more, box.width, box.height - more))
    axes.legend(
        loc="upper center", bbox_to_anchor=(box.x0 + box.width / 2, box.y0 + more - 0.25 / down),
        bbox_transform=figure.transFigure, ncols=columns, frameon=False, fontsize=_SMALL,
        handlelength=1.0, columnspacing=1.2, borderaxespad=0.0, labelspacing=0.25,
    )  # fmt: skip


def _at(seconds: float) -> float:
    """Days since 1970, in which matplotlib counts."""
    return seconds / timedelta(days=1).total_seconds()


def main() -> None:
    """Draw the dashboard that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m dashboards.draw", description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("dashboard", choices=names())
    parser.add_argument("picture", type=Path, help="the PNG file that is written")
    parser.add_argument("--prometheus", default="http://127.0.0.1:9090", help="its address (%(default)s)")
    parser.add_argument("--since", type=parse_duration, default="15m", help="how much of the past (%(default)s)")
    given = parser.parse_args()
    prometheus = Prometheus(given.prometheus, time.time(), given.since)
    try:
        empty = draw(given.dashboard, prometheus, given.picture)
    except (PrometheusError, OSError) as error:
        sys.exit(f"cannot draw: {error}")
    except ModuleNotFoundError as error:
        sys.exit(f"cannot draw without {error.name}: pip install -c constraints.txt matplotlib")
    finally:
        prometheus.close()
    print(f"{given.picture}" + (f"; no data yet: {', '.join(empty)}" if empty else ""))  # noqa: T201


if __name__ == "__main__":
    main()
