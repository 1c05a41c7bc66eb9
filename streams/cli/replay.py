"""`ebbflow replay`"""

from pathlib import Path
from typing import Annotated

import typer

from streams.cli.publishing import publish


def replay(
    file: Annotated[
        Path, typer.Argument(help="A .csv, .jsonl, .ndjson or .json file, also .gz.", exists=True, dir_okay=False)
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
    from streams.replay.columns import Columns

    if (event is None) == (event_name is None):
        raise typer.BadParameter("say what happened: either --event COLUMN or --event-name NAME")
    publish(file, Columns(customer, time, event, event_name, revenue), again)
