"""`ebbflow rules`: the alert rules of your own."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from processors.rules import RuleError, ready
from processors.segments.own import SegmentError, definitions
from schemas.duration import format_duration, parse_duration
from schemas.policy import Policy
from schemas.settings import Settings, SettingsError, load_settings

if TYPE_CHECKING:
    from processors.models import Models
    from processors.rehearsal import Rehearsal
    from streams.replay.columns import Columns

rules = typer.Typer(help="Check, list and try the alert rules of your own.", no_args_is_help=True)

_NONE = "There are no rules. A section [rules.NAME] in ebbflow.toml makes one; docs/rules.md says how."
_DAY = timedelta(days=1)


@rules.command()
def check() -> None:
    """Say whether the rules can be followed; if not, what is wrong, where, and what would be right."""
    policy = _checked(load_settings().policy)
    typer.echo(f"All can be followed: {', '.join(policy.rules)}." if policy.rules else _NONE)


@rules.command("list")
def list_rules() -> None:
    """List the rules, and what each says."""
    policy = _checked(load_settings().policy)
    if not policy.rules:
        typer.echo(_NONE)
        return
    table = Table()
    for heading in ("rule", "opens when", "closes when", "hold", "cool-down", "severity"):
        table.add_column(heading, overflow="fold")
    for rule in ready(policy):
        given = rule.given
        closes = "the cool-down is over" if rule.passes else "that is no longer so"
        table.add_row(
            rule.name, escape(given.when.strip()), escape(given.until.strip()) or closes,
            format_duration(given.hold), format_duration(given.cool_down), given.severity,
        )  # fmt: skip
    Console().print(table)


def _span(text: str) -> timedelta:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


@rules.command("test")
def try_rules(
    file: Annotated[
        Path | None,
        typer.Argument(
            help="A file as `ebbflow replay` reads it; none: the log in Kafka.", exists=True, dir_okay=False
        ),
    ] = None,
    since: Annotated[
        timedelta | None,
        typer.Option(
            parser=_span, metavar="DURATION", help="How much of the end counts: 1d of the log, all of a file."
        ),
    ] = None,
    rule: Annotated[list[str] | None, typer.Option(help="Only this rule; more than once for more.")] = None,
    show: Annotated[int, typer.Option(min=0, help="How many of the alerts are shown.")] = 10,
    customer: Annotated[str | None, typer.Option(help="File: the column with the customer's id.")] = None,
    time: Annotated[str | None, typer.Option(help="File: the column with the time of the event.")] = None,
    event: Annotated[str | None, typer.Option(help="File: the column with the name of the event.")] = None,
    event_name: Annotated[str | None, typer.Option(help="File: or one name for all, as in 'Order Completed'.")] = None,
    revenue: Annotated[str | None, typer.Option(help="File: the column with the money of an order.")] = None,
) -> None:
    """Say what alerts the rules would have raised, on the last day of the log or on a file.

    All of it is lived through once more in memory. Nothing is published, and no profile changes.
    """
    from streams.replay.columns import Columns

    settings = load_settings()
    policy = _only(_checked(settings.policy), rule)
    if not policy.rules:
        typer.echo(_NONE)
        return
    console = Console(highlight=False)
    if file is None:
        models, rehearsals = _on_the_log(settings, policy, console)
        since = since or _DAY
    elif customer is None or time is None:
        raise typer.BadParameter("say how the file is read: --customer COLUMN and --time COLUMN")
    else:
        columns = Columns(customer, time, event, event_name, revenue)
        models, rehearsals = _on_a_file(settings, policy, file, columns, console)
    _tell(console, policy, models, rehearsals, since, show)


def _checked(policy: Policy) -> Policy:
    """The policy, if its rules can be followed.

    Raises:
        SettingsError: if they cannot.
    """
    try:
        definitions(policy)
        ready(policy)
    except SegmentError as error:
        raise SettingsError(f"a segment is wrong: {error}") from None
    except RuleError as error:
        raise SettingsError(f"a rule is wrong: {error}") from None
    return policy


def _only(policy: Policy, names: list[str] | None) -> Policy:
    if not names:
        return policy
    if unknown := [name for name in names if name not in policy.rules]:
        known = ", ".join(policy.rules) or "no rules"
        raise typer.BadParameter(f"there is no rule {', '.join(unknown)}; ebbflow.toml has {known}")
    return policy.model_copy(update={"rules": {name: policy.rules[name] for name in names}})


def _on_the_log(settings: Settings, policy: Policy, console: Console) -> tuple["Models", list["Rehearsal"]]:
    import asyncio

    from streams.availability import wait_for_broker
    from streams.rehearse import current_models, rehearse_log
    from streams.topics import TOUCHPOINTS, describe

    wait_for_broker(settings)
    topic = next(each for each in describe(settings) if each.name == settings.topic(TOUCHPOINTS))
    models = asyncio.run(current_models(settings))
    with _bar(console) as bar:
        task = bar.add_task(topic.name, total=topic.records)
        lived = rehearse_log(settings, policy, models, topic.partitions, lambda done: bar.update(task, completed=done))
        return models, asyncio.run(lived)


def _on_a_file(
    settings: Settings, policy: Policy, file: Path, columns: "Columns", console: Console
) -> tuple["Models", list["Rehearsal"]]:
    import asyncio

    from streams.cli.evaluate import read_log
    from streams.rehearse import current_models, rehearse_file

    touches = read_log(console, file, columns, None, settings)
    models = asyncio.run(current_models(settings))
    with _bar(console) as bar:
        task = bar.add_task(file.name, total=len(touches))
        return models, [rehearse_file(touches, policy, models, lambda done: bar.update(task, completed=done))]


def _bar(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
    )


def _tell(
    console: Console,
    policy: Policy,
    models: "Models",
    rehearsals: list["Rehearsal"],
    since: timedelta | None,
    show: int,
) -> None:
    from processors.rehearsal import counted

    ends = max((each.ends for each in rehearsals), default=0.0)
    begins = ends - since.total_seconds() if since else 0.0
    raised = sorted(alert for each in rehearsals for alert in each.raised if alert.at >= begins)
    touchpoints, count = sum(each.touchpoints for each in rehearsals), counted(raised)
    if not touchpoints:
        console.print("There are no touchpoints to try the rules on.")
        return
    span = f"{_time(begins)} to {_time(ends)} (UTC)" if since else f"all until {_time(ends)} (UTC)"
    console.print(f"Touchpoints lived through: {touchpoints:,}. What counts: {span}.")
    table = Table()
    for heading in ("rule", "alerts", "customers"):
        table.add_column(heading, justify="left" if heading == "rule" else "right")
    for name in policy.rules:
        alerts, customers = count.get(name, (0, 0))
        table.add_row(name, f"{alerts:,}", f"{customers:,}")
    console.print(table)
    if raised[:show]:
        table = Table(title="The first of them" if len(raised) > show else None, title_style="", title_justify="left")
        for heading in ("when", "rule", "what it says"):
            table.add_column(heading, overflow="fold")
        for each in raised[:show]:
            table.add_row(_time(each.at), each.rule, escape(each.summary))
        console.print(table)
    console.print(_on_scores(policy, models), style="dim")


def _on_scores(policy: Policy, models: "Models") -> str:
    scored = [rule.name for rule in ready(policy) if rule.scored]
    if not scored:
        return "No rule names a score, so it does not matter which models there were."
    if not models.warm:
        return f"Without models that know enough, these rules were not asked: {', '.join(scored)}."
    return (
        f"Scores are of the current models (version {models.version}), which may have learned from this very time. "
        f"Rules that ask for them: {', '.join(scored)}."
    )


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M")
