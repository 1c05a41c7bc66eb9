"""`ebbflow import`"""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from streams.cli.publishing import publish


def _show(asked: bool) -> None:
    from processors.mappings import SOURCES

    if not asked:
        return
    table = Table(title="Mappings: ebbflow import FILE --as NAME", title_style="", show_lines=True)
    for heading in ("name", "fields and columns it reads", "customers by", "documented in"):
        table.add_column(heading, overflow="fold")
    for name, source in SOURCES.items():
        ways = ", ".join(source.customers)
        table.add_row(name, ", ".join(source.fields), ways, "\n".join(source.documents))
    Console().print(table)
    raise typer.Exit


def import_(
    file: Annotated[
        Path, typer.Argument(help="A .csv, .jsonl, .ndjson or .json file, also .gz.", exists=True, dir_okay=False)
    ],
    name: Annotated[str, typer.Option("--as", help="The mapping: what the file is an export of.")],
    customer: Annotated[
        str | None, typer.Option(help="How customers are named, where the mapping leaves a choice: email, for example.")
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="FIELD=COLUMN", help="What the file calls a field. Once for each."),
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Publish from the start, although it was done before.")
    ] = False,
    show: Annotated[
        bool, typer.Option("--list", help="Show the mappings and what each reads.", callback=_show, is_eager=True)
    ] = False,
) -> None:
    """Publish an export of another system, dated as it happened, by a mapping that knows its columns.

    It resumes where it stopped, and a file that was imported before changes nothing. What is imported of an order, a
    ticket or an answer carries the id it has there, as it does when a webhook tells of it.
    """
    from processors.mappings import SOURCES
    from streams.replay.mapped import Mapped

    source = SOURCES.get(name)
    if source is None:
        raise typer.BadParameter(f"--as {name}: no such mapping; there are {', '.join(SOURCES)}")
    by = customer or next(iter(source.customers))
    if by not in source.customers:
        raise typer.BadParameter(f"--customer {by}: {name} names customers by {' or '.join(source.customers)}")
    columns = {}
    for said in column or []:
        field, equals, called = said.partition("=")
        if not (equals and field and called):
            raise typer.BadParameter(f"--map {said}: write FIELD=COLUMN")
        columns[field] = called
    publish(file, Mapped(source, by, columns), again)
