"""`ebbflow report`"""

import asyncio
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from schemas.settings import SettingsError, load_settings
from streams.availability import wait_for_redis


def report(
    folder: Annotated[Path, typer.Argument(help="Where it goes; made when it is missing.")] = Path("report"),
    pdf: Annotated[bool, typer.Option(help="Print it as PDF, too, where Chromium is.")] = True,
) -> None:
    """Write the weekly report: what changed, why, whom to call, and what the actions did.

    One page, report.html, with its charts in it; and report.pdf.
    """
    if find_spec("matplotlib") is None:
        raise SettingsError("a report has charts, and needs matplotlib: pip install 'ebbflow[evaluate]'")
    from streams.paper.page import write_page
    from streams.report.charts import draw
    from streams.report.gathered import gather
    from streams.report.page import body_of, title_of
    from streams.report.pdf import NoBrowserError, print_pdf

    settings = load_settings()
    wait_for_redis(settings)
    gathered = asyncio.run(gather(settings))
    folder.mkdir(parents=True, exist_ok=True)
    page = folder / "report.html"
    write_page(page, title_of(gathered), body_of(gathered, draw(folder, gathered)))
    typer.echo(f"The report is {page}")
    if pdf:
        try:
            print_pdf(page, folder / "report.pdf")
        except NoBrowserError as error:
            typer.echo(f"No PDF: {error}", err=True)
        else:
            typer.echo(f"and, to print, {folder / 'report.pdf'}")
