"""A page that can be sent to somebody: its style, tables and pictures stand in it."""

from base64 import b64encode
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

from streams.paper.chart import Chart

_STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem;
  color: light-dark(#1a1a1a, #e6e6e6); background: light-dark(#ffffff, #16181c); }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .6rem; text-align: right; border-bottom: 1px solid light-dark(#dddddd, #383b42); }
th:first-child, td:first-child, .words th, .words td { text-align: left; vertical-align: top; }
tr, figure { break-inside: avoid; }
h2 { break-after: avoid; }
.wide { overflow-x: auto; }
.early, figcaption, small { color: light-dark(#595959, #a6a6a6); }
figure { margin: 2rem 0; }
img { width: 100%; height: auto; background: #ffffff; border-radius: 6px; }
"""


def page(title: str, body: str) -> str:
    """The page, of HTML that was escaped where it had to be."""
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<style>{_STYLE}</style>
</head>
<body>
<h1>{escape(title)}</h1>
{body}
</body>
</html>
"""


def write_page(path: Path, title: str, body: str) -> None:
    """Write it into a file."""
    path.write_text(page(title, body), encoding="utf-8")


def figure(chart: Chart) -> str:
    """A chart, with what it shows in words."""
    picture = b64encode(chart.path.read_bytes()).decode()
    text = escape(f"{chart.title}. {chart.caption}", quote=True)
    return f"""<figure>
<img src="data:image/png;base64,{picture}" alt="{text}">
<figcaption>{escape(chart.caption)}</figcaption>
</figure>
"""


def pairs(rows: Iterable[tuple[str, str]]) -> str:
    """A table of names and figures."""
    cells = "\n".join(f'<tr><th scope="row">{escape(name)}</th><td>{escape(said)}</td></tr>' for name, said in rows)
    return f"<table>\n{cells}\n</table>\n"


def table(
    headings: Sequence[str], rows: Iterable[Sequence[str]], marked: Sequence[bool] = (), words: bool = False
) -> str:
    """A table under headings. Rows that are `marked` are shown as of less weight; `words` are read from the left."""
    head = "".join(f'<th scope="col">{escape(heading)}</th>' for heading in headings)
    lines = []
    for place, row in enumerate(rows):
        cells = "".join(f"<td>{escape(cell)}</td>" for cell in row)
        lines.append(f"<tr{' class=early' if place < len(marked) and marked[place] else ''}>{cells}</tr>")
    body = "\n".join(lines)
    return f"""<div class="wide"><table{' class="words"' if words else ""}>
<thead><tr>{head}</tr></thead>
<tbody>
{body}
</tbody>
</table></div>
"""
