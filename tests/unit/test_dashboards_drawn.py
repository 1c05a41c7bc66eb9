"""A dashboard is drawn from what a Prometheus answers: its questions, its legends, its figures, and what is missing."""

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from dashboards.answers import Panel, Prometheus, PrometheusError, kept, names
from dashboards.draw import draw, figure_of
from streams.embedded.stack import free_port
from tests.sdks.servers import serving

NOON = 1_790_000_000.0
PANEL = Panel("Rate", "timeseries", (0, 0, 12, 8), "cps", None, 0.0, (("rate(x[$__rate_interval])", "{{kind}}: x"),))


class Answers(BaseHTTPRequestHandler):
    """Answers as Prometheus does: two lines to each question, one of which knows nothing; of `bad` it complains."""

    def do_GET(self) -> None:
        asked = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        wrong = asked["query"].startswith("bad")
        self.send_response(400 if wrong else 200)
        self.end_headers()
        values = [[NOON - 60, "NaN"], [NOON, "2.5"]]
        result = [
            {"metric": {"kind": asked["query"]}, "values": values},
            {"metric": {"kind": "silent"}, "values": [[NOON, "NaN"]]},
        ]
        self.wfile.write(json.dumps({"error": "parse error"} if wrong else {"data": {"result": result}}).encode())

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def prometheus() -> Iterator[Prometheus]:
    with serving(Answers) as url, closing(Prometheus(url, NOON, timedelta(minutes=5))) as asked:
        yield asked


def test_a_line_has_its_legend_and_what_is_known(prometheus: Prometheus) -> None:
    (line,) = prometheus.lines(PANEL)
    assert line.label == "rate(x[20s]): x"
    assert (line.times, line.values) == ((NOON,), (2.5,))


def test_all_panels_are_drawn(prometheus: Prometheus, tmp_path: Path) -> None:
    assert draw("customers_at_risk", prometheus, tmp_path / "drawn.png") == []
    assert (tmp_path / "drawn.png").read_bytes().startswith(b"\x89PNG")


def test_what_goes_wrong_is_said(prometheus: Prometheus) -> None:
    with pytest.raises(PrometheusError, match=r"with 400: .*parse error"):
        prometheus.lines(PANEL._replace(asks=(("bad(", "x"),)))
    nobody = Prometheus(f"http://127.0.0.1:{free_port()}", NOON, timedelta(minutes=5))
    with closing(nobody), pytest.raises(PrometheusError, match="no Prometheus answers at http"):
        nobody.lines(PANEL)


@pytest.mark.parametrize("name", names())
def test_all_that_is_kept_can_be_drawn(name: str) -> None:
    title, panels = kept(name)
    assert title.startswith("Ebbflow: ")
    assert {panel.kind for panel in panels} == {"row", "stat", "timeseries"}
    assert all(panel.asks for panel in panels if panel.kind != "row")


@pytest.mark.parametrize(
    ("value", "unit", "decimals", "said"),
    [
        (0.256, "percentunit", 1, "25.6%"),
        (0.256, "percentunit", None, "26%"),
        (12_345, "short", None, "12.3K"),
        (1_234, "short", 0, "1.23K"),
        (72, "short", 0, "72"),
        (0.0123, "s", 3, "0.012 s"),
        (90, "s", 0, "1.5 min"),
        (4_000, "s", None, "1.11 h"),
        (31.4, "cps", None, "31.4/s"),
        (3 * 2**20, "bytes", None, "3 MiB"),
        (1, "bool_yes_no", None, "Yes"),
        (0, "bool_yes_no", None, "No"),
    ],
)
def test_figures_have_their_units(value: float, unit: str, decimals: int | None, said: str) -> None:
    assert figure_of(value, unit, decimals) == said
