"""The report of an evaluation as one page: the table and the charts."""

from collections.abc import Sequence
from html import escape
from pathlib import Path

from streams.evaluate.judged import Judged
from streams.evaluate.summary import Summary
from streams.evaluate.words import HEADINGS, NOT_COUNTED, figures_of, row_of
from streams.paper.chart import Chart
from streams.paper.page import figure, pairs, table
from streams.paper.page import write_page as write


def write_page(path: Path, title: str, snapshots: Sequence[Judged], summary: Summary, charts: Sequence[Chart]) -> None:
    """Write the page."""
    rows, marked = [row_of(each) for each in snapshots], [not each.counts for each in snapshots]
    body = f"""{pairs(figures_of(summary))}
{"".join(figure(chart) for chart in charts)}
<h2>Snapshots</h2>
{table(HEADINGS, rows, marked)}
<p><small>{escape(NOT_COUNTED)}</small></p>"""
    write(path, title, body)
