"""The report as one page that can be sent to somebody: the table and the charts, with nothing to be fetched."""

from base64 import b64encode
from collections.abc import Sequence
from html import escape
from pathlib import Path

from streams.evaluate.charts import Chart
from streams.evaluate.judged import Judged
from streams.evaluate.summary import Summary
from streams.evaluate.words import HEADINGS, NOT_COUNTED, figures_of, row_of

_STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem;
  color: light-dark(#1a1a1a, #e6e6e6); background: light-dark(#ffffff, #16181c); }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .6rem; text-align: right; border-bottom: 1px solid light-dark(#dddddd, #383b42); }
th:first-child, td:first-child { text-align: left; }
.wide { overflow-x: auto; }
.early, figcaption, small { color: light-dark(#595959, #a6a6a6); }
figure { margin: 2rem 0; }
img { width: 100%; height: auto; background: #ffffff; border-radius: 6px; }
"""


def write_page(path: Path, title: str, snapshots: Sequence[Judged], summary: Summary, charts: Sequence[Chart]) -> None:
    """Write the page."""
    headings = "".join(f'<th scope="col">{escape(heading)}</th>' for heading in HEADINGS)
    rows = "\n".join(_row(each) for each in snapshots)
    figures = "\n".join(
        f'<tr><th scope="row">{escape(name)}</th><td>{escape(figure)}</td></tr>' for name, figure in figures_of(summary)
    )
    path.write_text(
        f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<style>{_STYLE}</style>
</head>
<body>
<h1>{escape(title)}</h1>
<table>
{figures}
</table>
{"".join(_figure(chart) for chart in charts)}
<h2>Snapshots</h2>
<div class="wide"><table>
<thead><tr>{headings}</tr></thead>
<tbody>
{rows}
</tbody>
</table></div>
<p><small>{escape(NOT_COUNTED)}</small></p>
</body>
</html>
""",
        encoding="utf-8",
    )


def _row(snapshot: Judged) -> str:
    cells = "".join(f"<td>{escape(cell)}</td>" for cell in row_of(snapshot))
    return f"<tr{'' if snapshot.counts else ' class=early'}>{cells}</tr>"


def _figure(chart: Chart) -> str:
    picture = b64encode(chart.path.read_bytes()).decode()
    text = escape(f"{chart.title}. {chart.caption}", quote=True)
    return f"""<figure>
<img src="data:image/png;base64,{picture}" alt="{text}">
<figcaption>{escape(chart.caption)}</figcaption>
</figure>
"""
