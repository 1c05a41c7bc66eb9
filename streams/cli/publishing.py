"""What `ebbflow replay` and `ebbflow import` have in common: a file on its way to the topic, as its user sees it."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from schemas.settings import load_settings

if TYPE_CHECKING:
    from streams.replay.log import Reading

_SHOWN = 10


def publish(file: Path, reading: "Reading", again: bool) -> None:
    """Publish what a file tells, from where it stopped the last time; ends the command if there is no reading it."""
    from processors.privacy import FieldRules
    from streams.availability import wait_for_broker, wait_for_redis
    from streams.replay.log import Log
    from streams.replay.rows import LogFileError
    from streams.replay.run import Replay
    from streams.topics import declare

    settings = load_settings()
    console = Console(highlight=False)
    try:
        with console.status(f"Reading {file.name}"):
            log = Log(file, reading, FieldRules.of(settings))
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
    published = total - start - run.withheld
    console.print(f"{published} touchpoints published, {len(log.refused)} rows refused; workers fold them now.")
    if run.withheld:
        console.print(f"{run.withheld} touchpoints are of customers who were erased, and were left out.")
    if log.repeated:
        console.print(f"{log.repeated} touchpoints are in the file more than once, and were published once.")
    for record in log.refused[:_SHOWN]:
        console.print(f"  {record.rejection.message}", markup=False, style="yellow")
    if len(log.refused) > _SHOWN:
        console.print(f"  ... all of them are on the topic {settings.topic('rejected')}")
