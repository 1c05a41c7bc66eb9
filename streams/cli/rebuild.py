"""`ebbflow rebuild`"""

from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from schemas.settings import load_settings


def rebuild(
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before the profiles are forgotten.")] = False,
) -> None:
    """Forget all profiles and build them again from the log, with the same facts; stop the workers before.

    For a Redis that was emptied or restored from a copy, and for profiles that a newer Ebbflow reads otherwise. Models
    stay. Nothing is published, since all of it was published before; touchpoints that came meanwhile are left to the
    workers.
    """
    from streams.availability import wait_for_broker, wait_for_redis
    from streams.rebuild import plan
    from streams.rebuild import rebuild as fold_again
    from streams.topics import declare

    settings = load_settings()
    wait_for_broker(settings)
    wait_for_redis(settings)
    declare(settings)
    planned = plan(settings)
    console = Console(highlight=False)
    if planned.anew:
        console.print("The topic was made anew: its touchpoints are left to the workers, which begin at its start.")
    if not yes:
        typer.confirm(f"Forget all profiles, and fold {planned.records:,} records again?", abort=True)
    with Progress(
        TextColumn("rebuilding"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=console
    ) as bar:
        task = bar.add_task("", total=planned.records)
        fold_again(settings, planned, lambda done: bar.update(task, completed=done))
    console.print(f"{planned.records:,} records folded again. Start the workers; they go on from here.")
