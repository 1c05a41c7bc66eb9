"""`ebbflow evaluate`"""

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from schemas.duration import format_duration, parse_duration
from schemas.settings import Settings, load_settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schemas.touch import Touch
    from streams.replay.columns import Columns

_SHOWN = 10


def _span(text: str) -> timedelta:
    try:
        found = parse_duration(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    if found <= timedelta(0):
        raise typer.BadParameter("must be longer than nothing")
    return found


def _days(text: str) -> timedelta:
    found = _span(text)
    if found % timedelta(days=1):
        raise typer.BadParameter(f"{text!r} is not in whole days, and snapshots are taken at midnight: write 30d or 2w")
    return found


def _span_option(help_: str, whole_days: bool = False) -> typer.models.OptionInfo:
    option: typer.models.OptionInfo = typer.Option(
        parser=_days if whole_days else _span, metavar="DURATION", help=help_
    )
    return option


LogFile = Annotated[Path, typer.Argument(help="A .csv, .jsonl or .ndjson file, also .gz.", exists=True, dir_okay=False)]
Customer = Annotated[str, typer.Option(help="The column with the customer's id.")]
Time = Annotated[str, typer.Option(help="The column with the time of the event.")]
Event = Annotated[str | None, typer.Option(help="The column with the name of the event.")]
EventName = Annotated[str | None, typer.Option(help="Or one name for all, as in 'Order Completed'.")]
Revenue = Annotated[str | None, typer.Option(help="The column with the money of an order.")]
Meaningful = Annotated[
    str | None,
    typer.Option(
        help="Names of the events that show a customer coming back, with commas between; all others count as things"
        " that happened to the customer. Without it the rules decide, as they do live."
    ),
]
Horizon = Annotated[
    timedelta,
    _span_option(
        "Churn is no meaningful event for this long. Engagement is counted over it as well, in place of the policy's"
        " engagement_window: a week says little beside a horizon of months."
    ),
]
Activity = Annotated[timedelta, _span_option("Customers silent for longer are not predicted any more.")]
Every = Annotated[timedelta, _span_option("How often everyone is predicted.", whole_days=True)]
First = Annotated[
    timedelta, _span_option("When for the first time, from the day of the first meaningful event.", whole_days=True)
]


def evaluate(
    file: LogFile,
    customer: Customer,
    time: Time,
    horizon: Horizon,
    activity: Activity,
    every: Every,
    first: First,
    event: Event = None,
    event_name: EventName = None,
    revenue: Revenue = None,
    meaningful: Meaningful = None,
    predictions: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Write every prediction to this CSV file.")
    ] = None,
    report: Annotated[
        Path | None, typer.Option(file_okay=False, help="Write charts and a page into this folder.")
    ] = None,
) -> None:
    """Say how well churn, engagement and value would have been predicted on a log, without Kafka or Redis.

    The log is lived through once, in the order of time, by the same steps as live. At each snapshot everyone who was
    active is scored by a model that has learned from nothing but outcomes whose time had come by then.
    """
    from streams.evaluate.protocol import EvaluationError, Protocol
    from streams.evaluate.run import evaluate as run
    from streams.evaluate.words import HEADINGS, NOT_COUNTED, figures_of, row_of
    from streams.replay.columns import Columns

    if report is not None:
        _check_matplotlib()
    console, settings = Console(highlight=False), load_settings()
    touches = read_log(console, file, Columns(customer, time, event, event_name, revenue), meaningful, settings)
    protocol = Protocol(horizon, activity, every, first)
    try:
        for path in (predictions, report / "report.html" if report is not None else None):
            if path is not None:
                path.parent.mkdir(parents=True, exist_ok=True)
        with Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=console,
        ) as bar:
            task = bar.add_task(file.name, total=len(touches))
            snapshots, summary = run(
                touches, protocol, settings.policy, predictions, lambda done: bar.update(task, completed=done)
            )
            bar.update(task, completed=len(touches))
    except (EvaluationError, OSError) as error:
        raise _refusal(str(error)) from None
    title = f"{file.name}: churn within {format_duration(horizon)}"
    table = Table(title=Text(title), title_style="", title_justify="left")
    for place, heading in enumerate(HEADINGS):
        table.add_column(heading, justify="right" if place else "left", no_wrap=not place)
    for snapshot in snapshots:
        table.add_row(*row_of(snapshot), style="" if snapshot.counts else "dim")
    console.print(table)
    if not all(snapshot.counts for snapshot in snapshots):
        console.print(NOT_COUNTED, style="dim")
    for name, figure in figures_of(summary):
        console.print(f"{name + ':':<34}{figure}", markup=False)
    if predictions is not None:
        console.print(f"Every prediction is in {predictions}", markup=False)
    if report is not None:
        from streams.evaluate.charts import draw
        from streams.evaluate.page import write_page

        write_page(report / "report.html", title, snapshots, summary, draw(report, snapshots, summary))
        console.print(f"The report is {report / 'report.html'}", markup=False)


def read_log(
    console: Console, file: Path, columns: "Columns", meaningful: str | None, settings: Settings
) -> "Sequence[Touch]":
    """The touches of a log file, with a word on rows refused; ends the command if there is no reading it."""
    from processors.kinds import KindRules
    from streams.evaluate.history import touches_of
    from streams.evaluate.meaning import NamedMeaning, some_of
    from streams.replay.log import Log
    from streams.replay.rows import LogFileError

    if (columns.event is None) == (columns.event_name is None):
        raise typer.BadParameter("say what happened: either --event COLUMN or --event-name NAME")
    rules, named = KindRules(settings.kinds), set[str]()
    if meaningful is not None:
        named = {name.strip() for name in meaningful.split(",")} - {""}
        rules = NamedMeaning(settings.kinds, named, paid=columns.revenue is not None)
    try:
        with console.status(f"Reading {file.name}"):
            log = Log(file, columns)
            touches = touches_of(log, rules)
    except UnicodeDecodeError:
        raise _refusal(f"{file.name} is not UTF-8: convert it, as with iconv -f latin1 -t utf-8") from None
    except (LogFileError, OSError, EOFError) as error:
        raise _refusal(str(error)) from None
    if log.refused:
        console.print(f"{len(log.refused)} rows of {file.name} refused, {len(touches)} read.", style="yellow")
        for record in log.refused[:_SHOWN]:
            console.print(f"  {record.rejection.message}", markup=False, style="yellow")
        if len(log.refused) > _SHOWN:
            console.print(f"  ... and {len(log.refused) - _SHOWN} more", style="yellow")
    known = {touch.name for touch in touches}
    if absent := sorted(named - known):
        raise _refusal(f"--meaningful {', '.join(absent)}: no such event; the log has {some_of(known)}")
    return touches


def _refusal(message: str) -> typer.Exit:
    typer.echo(f"ebbflow: {message}", err=True)
    return typer.Exit(1)


def _check_matplotlib() -> None:
    from importlib.util import find_spec

    if find_spec("matplotlib") is None:
        raise _refusal("--report draws charts, and needs matplotlib: pip install 'ebbflow[evaluate]'")
