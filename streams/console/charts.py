"""What is drawn: scores over time, how well probabilities hold, and what all customers come to. Each picture is said in
words as well."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from nicegui import ui

from schemas.customer import Scored
from schemas.journeys import JourneyStep
from schemas.kinds import Kind
from schemas.population import ActionTold, ChurnWeek, Nps
from streams.console.frame import el

_RISK, _ENGAGEMENT, _EVEN = "#c2410c", "#2f7fd1", "#788492"
_BARS = ("#9a6a00", "#c2410c", "#2f7fd1", "#19855a")
_BEGIN, _SILENCE = "begin", "silence"
_MOST_FLOWS = 40
_COLORS: dict[str, str] = dict(
    zip(
        Kind,
        (
            *("#2f7fd1", "#0f9b8e", "#3f9142", "#7a6ff0", "#c98a00", "#8a8f2a", "#b35ccf", "#788492"),
            *("#c2410c", "#a3161f"),
        ),
        strict=True,
    )
)
_GRID = {"left": 44, "right": 16, "top": 36, "bottom": 32}
_FAINT = {"lineStyle": {"color": _EVEN, "opacity": 0.25}}
_TIME = {"type": "time", "splitLine": {"show": False}, "axisLabel": {"hideOverlap": True}}


def churn_chart(scores: Sequence[Scored]) -> None:
    """The risk of staying away, over time."""
    points = [[each.at.isoformat(), round(100 * each.churn, 1)] for each in scores]
    words = f"Churn risk over time: {points[0][1]:.0f}% at first, {points[-1][1]:.0f}% at last"
    axis = {"type": "value", "min": 0, "max": 100, "name": "churn risk, %", "splitLine": _FAINT}
    _draw(words, {"xAxis": _TIME, "yAxis": axis, "series": [_line("churn risk", points, _RISK)]})


def engagement_chart(scores: Sequence[Scored]) -> None:
    """The engagement that is expected, with the bounds between which it comes to lie nine times of ten."""
    lines = [
        _line(name, [[each.at.isoformat(), round(value(each), 2)] for each in scores], color, dashed)
        for name, value, color, dashed in (
            ("high", lambda each: each.high, _EVEN, True),
            ("expected", lambda each: each.engagement, _ENGAGEMENT, False),
            ("low", lambda each: each.low, _EVEN, True),
        )
    ]
    words = f"Expected engagement over time: {scores[0].engagement:.1f} at first, {scores[-1].engagement:.1f} at last"
    axis = {"type": "value", "min": 0, "name": "touchpoints expected", "splitLine": _FAINT}
    _draw(words, {"xAxis": _TIME, "yAxis": axis, "series": lines})


def calibration_chart(bins: Sequence[dict[str, Any]]) -> None:
    """What was predicted against what happened; on the diagonal, probabilities hold."""
    points = [
        [round(100 * each["predicted"], 1), round(100 * each["happened"], 1), each["count"]]
        for each in bins
        if each["count"]
    ]
    biggest = max((each[2] for each in points), default=1)
    dots = [
        {"value": each[:2], "symbolSize": 8 + 16 * (each[2] / biggest) ** 0.5, "name": f"{each[2]} outcomes"}
        for each in points
    ]
    span: dict[str, Any] = {"type": "value", "min": 0, "max": 100, "splitLine": _FAINT}
    _draw(
        "Calibration: what was predicted against what happened; the table below has the numbers",
        {
            "xAxis": {**span, "name": "predicted, %", "nameLocation": "middle", "nameGap": 24},
            "yAxis": {**span, "name": "stayed away, %"},
            "series": [
                _line("as it should be", [[0, 0], [100, 100]], _EVEN, dashed=True),
                {"type": "scatter", "name": "outcomes", "data": dots, "itemStyle": {"color": _ENGAGEMENT}},
            ],
        },
    )


def credits_chart(rows: Sequence[tuple[str, Sequence[float]]], models: Sequence[str]) -> None:
    """Shares of purchases, by source and model; of each source the share that each model gives it."""
    series = [
        {
            "type": "bar",
            "name": model,
            "data": [round(100 * shares[place], 1) for _, shares in rows],
            "itemStyle": {"color": color},
        }
        for place, (model, color) in enumerate(zip(models, _BARS, strict=True))
    ]
    axis = {"type": "value", "min": 0, "name": "of the purchases, %", "splitLine": _FAINT}
    names = {"type": "category", "data": [name for name, _ in rows], "axisLabel": {"interval": 0, "hideOverlap": True}}
    legend, grid = {"bottom": 0, "itemWidth": 14}, {**_GRID, "bottom": 84}
    words = f"Shares of purchases by channel and model; {rows[0][0]} has the most. The table below has the numbers"
    _draw(words, {"xAxis": names, "yAxis": axis, "series": series, "legend": legend, "grid": grid})


def flow_chart(steps: Sequence[JourneyStep]) -> None:
    """What comes after what: steps on the left, on the right what came next, or silence."""
    flows = [(_BEGIN, each.step.value, each.began) for each in steps]
    for each in steps:
        flows += [(each.step.value, then.step.value, then.count) for then in each.next if then.step != each.step]
        flows.append((each.step.value, _SILENCE, each.silent))
    flows = sorted((flow for flow in flows if flow[2]), key=lambda flow: -flow[2])[:_MOST_FLOWS]
    words = ", ".join(f"{one} to {two} {count:,}" for one, two, count in flows[:3])
    _flows(flows, (_BEGIN, *Kind, _SILENCE), f"What comes after what. Most often: {words}; the tables have the numbers")


def moves_chart(moves: Sequence[tuple[str, str, int]], segments: Sequence[str]) -> None:
    """How many customers moved from where to where, of these segments in their order; the largest moves."""
    flows = sorted(moves, key=lambda move: -move[2])[:_MOST_FLOWS]
    source, target, count = flows[0]
    words = f"Moves between segments; most, {count:,}, went from {source} to {target}. The table has the numbers"
    _flows(flows, segments, words, inside=True)


def _flows(flows: Sequence[tuple[str, str, int]], names: Sequence[str], words: str, inside: bool = False) -> None:
    """From what to what how many went: one side to the other, each in the order of the names, which stand beside their
    nodes, or inside the picture where they are long."""
    before, after = {one for one, _, _ in flows}, {two for _, two, _ in flows}
    # A name stands on both sides, and names have to be one node's alone.
    nodes = []
    for depth, side in enumerate((before, after)):
        for place, name in enumerate(names):
            if name in side:
                said = {"position": "right" if (depth > 0) is not inside else "left", "formatter": name}
                color = _COLORS.get(name, _BARS[place % len(_BARS)] if inside else _EVEN)
                id_ = f"> {name}" if depth else f"{name} >"
                nodes.append({"name": id_, "depth": depth, "label": said, "itemStyle": {"color": color}})
    series = {
        "type": "sankey",
        "data": nodes,
        "links": [{"source": f"{one} >", "target": f"> {two}", "value": count} for one, two, count in flows],
        "lineStyle": {"color": "source", "opacity": 0.4},
        "emphasis": {"focus": "adjacency"},
        # In the order of the names, rather than in that in which fewest lines cross.
        "layoutIterations": 0,
        "draggable": False,
        "nodeGap": 10,
        **dict.fromkeys(("left", "right"), 8 if inside else 72),
        **dict.fromkeys(("top", "bottom"), 8),
    }
    _draw(words, {"series": [series]}, "chart flows")


def churn_weeks_chart(weeks: Sequence[ChurnWeek]) -> None:
    """The share that left of the predictions that fell due in each week."""
    values = [round(100 * week.churned / week.outcomes, 1) for week in weeks]
    names = {"type": "category", "data": [f"{week.begins:%d %b}" for week in weeks]}
    axis = {"type": "value", "min": 0, "name": "left, %", "splitLine": _FAINT}
    words = f"Churn by week: {values[0]:.0f}% at first, {values[-1]:.0f}% in the last whole week"
    bars = {"type": "bar", "name": "left", "data": values, "itemStyle": {"color": _RISK}, "barMaxWidth": 40}
    _draw(words, {"xAxis": names, "yAxis": axis, "series": [bars]})


def uplift_chart(actions: Sequence[ActionTold]) -> None:
    """How many more stay for whom an action was picked, and where that lies with 95%."""
    names = [each.action for each in actions]
    reaches = [
        {
            **_line(name, [[round(100 * (bound or 0.0), 1), name] for bound in (each.low, each.high)], _EVEN),
            "symbol": "rect",
            "symbolSize": [2, 14],
        }
        for name, each in zip(names, actions, strict=True)
    ]
    middles = {
        "type": "scatter",
        "name": "uplift",
        "data": [[round(100 * (each.uplift or 0.0), 1), each.action] for each in actions],
        "itemStyle": {"color": _ENGAGEMENT},
        "symbolSize": 12,
        "markLine": {
            "silent": True, "symbol": "none", "label": {"show": False}, "data": [{"xAxis": 0}],
            "lineStyle": {"color": _RISK, "type": "dashed"},
        },
    }  # fmt: skip
    axis = {"type": "value", "name": "points", "nameLocation": "middle", "nameGap": 24, "splitLine": _FAINT}
    _draw(
        f"Uplift of {', '.join(names)}, each with where it lies with 95%; the table below has the numbers",
        {
            "xAxis": axis,
            "yAxis": {"type": "category", "data": names, "axisLabel": {"width": 90, "overflow": "truncate"}},
            "grid": {**_GRID, "left": 100, "bottom": 44},
            "series": [*reaches, middles],
        },
    )


def nps_chart(days: Sequence[tuple[datetime, Nps]]) -> None:
    """The Net Promoter Score as each day ended, with where it lies with 95%."""
    lines = [
        _line(name, [[at.isoformat(), round(value(nps), 1)] for at, nps in days], color, dashed)
        for name, value, color, dashed in (
            ("high", lambda nps: nps.high, _EVEN, True),
            ("NPS", lambda nps: nps.score, _ENGAGEMENT, False),
            ("low", lambda nps: nps.low, _EVEN, True),
        )
    ]
    words = f"Net Promoter Score day by day: {days[0][1].score:+.0f} at first, {days[-1][1].score:+.0f} at last"
    axis = {"type": "value", "min": -100, "max": 100, "name": "NPS", "splitLine": _FAINT}
    _draw(words, {"xAxis": _TIME, "yAxis": axis, "series": lines})


def satisfied_chart(days: Mapping[str, Sequence[tuple[datetime, float]]]) -> None:
    """The share that is satisfied by each kind of survey, as each day ended."""
    lines = [
        _line(name, [[at.isoformat(), round(100 * share, 1)] for at, share in points], color)
        for (name, points), color in zip(days.items(), _BARS, strict=False)
    ]
    words = "Satisfied day by day: " + "; ".join(
        f"{name} {100 * points[0][1]:.0f}% at first, {100 * points[-1][1]:.0f}% at last"
        for name, points in days.items()
    )
    axis = {"type": "value", "min": 0, "max": 100, "name": "satisfied, %", "splitLine": _FAINT}
    legend, grid = {"bottom": 0, "itemWidth": 14}, {**_GRID, "bottom": 64}
    _draw(words, {"xAxis": _TIME, "yAxis": axis, "series": lines, "legend": legend, "grid": grid})


def _line(name: str, points: Sequence[Sequence[object]], color: str, dashed: bool = False) -> dict[str, Any]:
    return {
        "type": "line",
        "name": name,
        "data": points,
        "showSymbol": not dashed and len(points) < 40,
        "lineStyle": {"color": color, "type": "dashed" if dashed else "solid"},
        "itemStyle": {"color": color},
    }


def _draw(words: str, options: dict[str, Any], classes: str = "chart") -> None:
    with el("div", role="img", aria_label=words):
        common = {"animation": False, "grid": _GRID, "tooltip": {"trigger": "item"}}
        ui.echart({**common, **options}, renderer="svg").classes(classes)
