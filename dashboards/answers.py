"""What a Prometheus answers to the questions of a dashboard, as it is kept in `dashboards/grafana`."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import httpx

GRAFANA = Path(__file__).with_name("grafana")

_STEPS = 240
_SCRAPED_EVERY = 5
# Grafana's own rule: the least that a rate needs is four scrapes, or one more than the step.
_LEAST_SCRAPES = 4
_LABEL = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_TIMEOUT = 30.0


class PrometheusError(RuntimeError):
    """Prometheus does not answer, or not with an answer; the message says what is wrong."""


class Line(NamedTuple):
    """One line of a panel: what its legend calls it, and values (none are missing) at times in epoch seconds."""

    label: str
    times: tuple[float, ...]
    values: tuple[float, ...]


class Panel(NamedTuple):
    """A panel as it is kept.

    `kind` is `row`, `stat` or `timeseries`; `place` is x, y, width and height on a grid that is 24 wide; `asks` are
    pairs of a query and its legend.
    """

    title: str
    kind: str
    place: tuple[int, int, int, int]
    unit: str
    decimals: int | None
    least: float | None
    asks: tuple[tuple[str, str], ...]


def names() -> list[str]:
    """What the dashboards are called here: the names of their files."""
    return sorted(path.stem for path in GRAFANA.glob("*.json"))


def kept(name: str) -> tuple[str, list[Panel]]:
    """The title of a dashboard and its panels."""
    document = json.loads((GRAFANA / f"{name}.json").read_text(encoding="utf-8"))
    return document["title"], [_panel(each) for each in document["panels"]]


class Prometheus:
    """One Prometheus, asked about a span of time that ends at an instant in epoch seconds."""

    def __init__(self, url: str, until: float, span: timedelta) -> None:
        self._client = httpx.Client(base_url=url, timeout=_TIMEOUT, trust_env=False)
        self._url, self._until, self._span = url, until, span.total_seconds()
        self._step = max(1, round(self._span / _STEPS))

    def lines(self, panel: Panel) -> list[Line]:
        """What a panel would show.

        Raises:
            PrometheusError: if nobody answers, or the query is not understood.
        """
        return [line for query, legend in panel.asks for line in _lines(self._ask(query), legend)]

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def _ask(self, query: str) -> Any:
        rate = max(self._step + _SCRAPED_EVERY, _LEAST_SCRAPES * _SCRAPED_EVERY)
        spelled = query.replace("$__rate_interval", f"{rate}s").replace("$__range", f"{round(self._span)}s")
        start, end = self._until - self._span, self._until
        try:
            answer = self._client.get(
                "/api/v1/query_range", params={"query": spelled, "start": start, "end": end, "step": self._step}
            )
        except httpx.HTTPError as error:
            raise PrometheusError(f"no Prometheus answers at {self._url}: {error}") from None
        if answer.status_code != httpx.codes.OK:
            raise PrometheusError(f"{self._url} answers {spelled} with {answer.status_code}: {answer.text[:300]}")
        return answer.json()["data"]["result"]


def _panel(said: Mapping[str, Any]) -> Panel:
    place, defaults = said["gridPos"], said.get("fieldConfig", {}).get("defaults", {})
    asks = tuple((target["expr"], target["legendFormat"]) for target in said.get("targets", ()))
    return Panel(
        said["title"],
        said["type"],
        (place["x"], place["y"], place["w"], place["h"]),
        defaults.get("unit", "none"),
        defaults.get("decimals"),
        defaults.get("min"),
        asks,
    )


def _lines(result: Iterable[Mapping[str, Any]], legend: str) -> Iterator[Line]:
    for series in result:
        known = [(float(at), float(value)) for at, value in series["values"] if value != "NaN"]
        if known:
            times, values = zip(*known, strict=True)
            yield Line(_called(legend, series["metric"]), times, values)


def _called(legend: str, labels: Mapping[str, str]) -> str:
    return _LABEL.sub(lambda found: labels.get(found[1], ""), legend)
