"""The live view: what flows, what the model is worth, and the newest alerts. Readable from 80 x 24 upwards."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from rich.bar import Bar
from rich.console import Group, RenderableType
from rich.layout import Layout
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from schemas.alert import Alert, AlertKind
from streams.demo.figures import Figures

_MARKS = {
    AlertKind.CHURN_RISK: ("▼", "yellow", "churn risk"),
    AlertKind.ENGAGEMENT_RISING: ("▲", "green", "warming up"),
    AlertKind.CUSTOMER_LEFT: ("■", "red", "left"),
    AlertKind.CUSTOMER_RETURNED: ("●", "cyan", "returned"),
    AlertKind.ATTITUDE_GAP: ("◆", "yellow", "attitude"),
    AlertKind.SEGMENT_ENTERED: ("◇", "cyan", "segment"),
    AlertKind.RULE_MATCHED: ("◈", "blue", "your rule"),
    AlertKind.MODEL_DRIFT: ("~", "magenta", "drift"),
}
_ASKED_FOR = frozenset((AlertKind.SEGMENT_ENTERED, AlertKind.RULE_MATCHED))
SCORED = {"champion": "the model", "recency": "recency", "minus_frequency": "minus frequency"}


@dataclass
class Scene:
    """All that is shown. `now` is stream time in epoch seconds, `elapsed` real seconds, `rate` touchpoints a second."""

    now: float
    elapsed: float = 0.0
    rate: float = 0.0
    figures: Figures = field(default_factory=Figures)
    opened: Counter[AlertKind] = field(default_factory=Counter)
    newest: Sequence[Alert] = ()


def render(scene: Scene, console_url: str = "") -> RenderableType:
    """The whole screen, with where the console is if there is one."""
    layout = Layout()
    layout.split_column(
        Layout(_header(scene, console_url), size=1),
        Layout(name="middle", size=11),
        Layout(_alerts(scene.newest), name="alerts"),
    )
    layout["middle"].split_row(Layout(_stream(scene), ratio=4), Layout(_model(scene.figures), ratio=5))
    return layout


def status_line(scene: Scene) -> str:
    """The same in one line, for a log."""
    figures = scene.figures
    opened = ", ".join(f"{scene.opened[kind]} {words}" for kind, (_, _, words) in _shown(scene))
    aucs = ", ".join(f"{words} {figures.auc[name]:.2f}" for name, words in SCORED.items() if name in figures.auc)
    return (
        f"{scene.elapsed:4.0f} s  {_date(scene.now)}  {figures.touchpoints:,} touchpoints ({scene.rate:,.0f}/s), "
        f"{figures.profiles:,} profiles, {figures.learned:,} outcomes learned; alerts: {opened}; "
        f"AUC: {aucs or 'none yet'}{'' if figures.warm else '; warming up'}"
    )


def _shown(scene: Scene) -> list[tuple[AlertKind, tuple[str, str, str]]]:
    """The kinds of alerts that are counted; those that a business asks for itself only where it did."""
    return [(kind, mark) for kind, mark in _MARKS.items() if scene.opened[kind] or kind not in _ASKED_FOR]


def _header(scene: Scene, console_url: str) -> Text:
    text = Text(" Ebbflow ", style="bold reverse", no_wrap=True, overflow="ellipsis")
    text.append("  a simulated shop, two days a second  ", style="default not reverse not bold")
    text.append(_date(scene.now), style="bold not reverse")
    if console_url:
        text.append(f"  {console_url}", style="default not reverse not bold")
    text.append("  Ctrl-C ends it", style="dim not reverse not bold")
    return text


def _stream(scene: Scene) -> Panel:
    figures = scene.figures
    table = Table.grid(padding=(0, 1), expand=True)
    table.add_column()
    table.add_column(justify="right")
    table.add_column(justify="right", style="dim")
    share = f"{figures.churned / figures.outcomes:.0%} churned" if figures.outcomes else ""
    table.add_row("touchpoints", f"{figures.touchpoints:,}", f"{scene.rate:,.0f}/s")
    table.add_row("profiles", f"{figures.profiles:,}", "")
    table.add_row("outcomes", f"{figures.outcomes:,}", share)
    for kind, (mark, style, words) in _shown(scene):
        table.add_row(Text(f"{mark} {words}", style=style), f"{scene.opened[kind]:,}", "alerts")
    table.add_row("rejected", f"{figures.rejected:,}", "")
    return Panel(table, title="the stream", title_align="left")


def _model(figures: Figures) -> Panel:
    table = Table.grid(padding=(0, 1), expand=True)
    table.add_column(no_wrap=True)
    table.add_column(ratio=1)
    table.add_column(justify="right")
    for name, words in SCORED.items():
        auc = figures.auc.get(name)
        style = "bold green" if name == "champion" else "default"
        # A bar from one half, which is guessing, to one.
        bar = Bar(0.5, 0.0, max(0.0, (auc or 0.5) - 0.5), color="green" if name == "champion" else "bright_black")
        table.add_row(Text(words, style=style), bar, Text("-" if auc is None else f"{auc:.3f}", style=style))
    losses = [figures.log_loss.get(name) for name in ("champion", "base_rate")]
    loss = "" if None in losses else f"log loss {losses[0]:.3f}, of the base rate {losses[1]:.3f}"
    state = (
        Text("warm: its alerts count", "green") if figures.warm else Text("warming up: no alerts of it yet", "yellow")
    )
    body = Group(
        Text("AUC, before it learned from the outcome", style="dim", no_wrap=True, overflow="ellipsis"),
        table,
        Text("bars begin at 0.5, which is guessing", style="dim", no_wrap=True, overflow="ellipsis"),
        Text(loss, no_wrap=True, overflow="ellipsis"),
        state,
    )
    title = f"the model, {figures.learned:,} outcomes learned"
    return Panel(body, title=title, title_align="left")


def _alerts(newest: Sequence[Alert]) -> Panel:
    lines = [line for alert in newest for line in _alert(alert)]
    body = Group(*lines) if lines else Text("None yet: the model must have seen enough outcomes first.", style="dim")
    return Panel(body, title="some of the newest alerts", title_align="left")


def _alert(alert: Alert) -> list[Text]:
    """Who, what and how sure; why; what to do."""
    mark, style, words = _MARKS[alert.kind]
    head = Text(f"{mark} {alert.customer or 'the models'} ", style=f"bold {style}")
    head.append(words, style=style)
    if alert.sureness.probability is not None:
        head.append(f"  {alert.sureness.probability:.0%} sure", style="default not bold")
    elif alert.kind is AlertKind.ENGAGEMENT_RISING and alert.score is not None:
        head.append(f"  {alert.score:.1f} times the usual expected", style="default not bold")
    if alert.at_stake is not None:
        head.append(
            f"  {alert.at_stake.amount:,.0f} {alert.at_stake.currency} at stake".rstrip(), style="default not bold"
        )
    head.append(f"  {_date(alert.at.timestamp())}", style="dim not bold")
    why = "; ".join(reason.words for reason in alert.reasons) or alert.summary
    lines = [head, Text(f"  {why}"), Text(f"  → {alert.suggestion}", style="dim")]
    for line in lines:
        line.no_wrap, line.overflow = True, "ellipsis"
    return lines


def _date(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d}"
