"""`ebbflow replay`"""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from schemas.settings import load_settings

_SHOWN = 10


def replay(
    file: Annotated[
        Path, typer.Argument(help="A .csv, .jsonl or .ndjson file, also .gz.", exists=True, dir_okay=False)
    ],
    customer: Annotated[str, typer.Option(help="The column with the customer's id.")],
    time: Annotated[str, typer.Option(help="The column with the time of the event.")],
    event: Annotated[str | None, typer.Option(help="The column with the name of the event.")] = None,
    event_name: Annotated[str | None, typer.Option(help="Or one name for all, as in 'Order Completed'.")] = None,
    revenue: Annotated[str | None, typer.Option(help="The column with the money of an order.")] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Publish from the start, although it was done before.")
    ] = False,
) -> None:
    """Publish a log from a file, dated as it happened; columns not named become properties.

    It resumes where it stopped, and a log that was replayed before changes nothing: profiles know what they have seen.
    """
    from streams.availability import wait_for_broker, wait_for_redis
    from streams.replay.columns import Columns
    from streams.replay.log import Log
    from streams.replay.rows import LogFileError
    from streams.replay.run import Replay
    from streams.topics import declare

    if (event is None) == (event_name is None):
        raise typer.BadParameter("say what happened: either --event COLUMN or --event-name NAME")
    settings = load_settings()
    try:
        log = Log(file, Columns(customer, time, event, event_name, revenue))
    except UnicodeDecodeError:
        typer.echo(f"ebbflow: {file.name} is not UTF-8: convert it, as with iconv -f latin1 -t utf-8", err=True)
        raise typer.Exit(1) from None
    except (LogFileError, OSError, EOFError) as error:
        typer.echo(f"ebbflow: {error}", err=True)
        raise typer.Exit(1) from None
    wait_for_broker(settings)
    wait_for_redis(settings)
    declare(settings)
    run, total = Replay(log, settings), len(log.entries)
    start = 0 if again else run.done()
    console = Console(highlight=False)
    if not start and run.overtaken():
        console.print(
            "Note: newer touchpoints were folded before. These rows will count, but come too late for predictions and"
            " alerts along the way: replay history first, or under an EBBFLOW_PREFIX of its own.",
            style="yellow",
        )
    if start >= total > 0:
        console.print(f"All {total} rows of {file.name} were replayed before; --again publishes them again.")
        return
    if start:
        console.print(f"Resuming after row {start} of {total}.")
    with Progress(
        TextColumn(file.name), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=console
    ) as bar:
        task = bar.add_task("", total=total, completed=start)
        run.run(start, lambda done: bar.update(task, completed=done))
    console.print(f"{total - start} touchpoints published, {len(log.refused)} rows refused; workers fold them now.")
    for record in log.refused[:_SHOWN]:
        console.print(f"  {record.rejection.message}", markup=False, style="yellow")
    if len(log.refused) > _SHOWN:
        console.print(f"  ... all of them are on the topic {settings.topic('rejected')}")
