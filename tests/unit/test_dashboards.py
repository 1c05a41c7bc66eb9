"""The Grafana dashboard asks for metrics that the code really has, by labels that they really have."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.metrics import MetricWrapperBase
from ruamel.yaml import YAML

from streams.gateway.metrics import GatewayMetrics
from streams.worker import metrics as worker_metrics

DASHBOARDS = Path(__file__).parents[2] / "dashboards"
DASHBOARD = json.loads((DASHBOARDS / "ebbflow.json").read_text())
PANELS: list[dict[str, Any]] = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
IDS = [panel["title"] for panel in PANELS]
MEASURED = [
    metric
    for group in (worker_metrics, GatewayMetrics())
    for metric in vars(group).values()
    if isinstance(metric, MetricWrapperBase)
]

METRIC = re.compile(r"\bebbflow_\w+")
# What Prometheus itself adds, by its own configuration.
ADDED_LABELS = {"instance", "job", "role", "le"}


def known_metrics() -> set[str]:
    """Every name under which Prometheus stores something of ours."""
    suffixes = {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_sum", "_count")}
    return {
        family.name + suffix for metric in MEASURED for family in metric.describe() for suffix in suffixes[family.type]
    }


def known_labels() -> set[str]:
    return {label for metric in MEASURED for label in metric._labelnames}


def expressions(panel: dict[str, Any]) -> list[str]:
    return [target["expr"] for target in panel["targets"]]


def test_has_its_rows() -> None:
    rows = [panel["title"] for panel in DASHBOARD["panels"] if panel["type"] == "row"]
    assert rows == ["Pipeline", "Alerts", "Model honesty", "Gateway"]


@pytest.mark.parametrize("panel", PANELS, ids=IDS)
def test_panel_explains_itself(panel: dict[str, Any]) -> None:
    assert panel["title"]
    assert len(panel["description"]) > 20
    assert panel["fieldConfig"]["defaults"]["unit"]
    assert panel["targets"]
    assert all(target["legendFormat"] for target in panel["targets"])


@pytest.mark.parametrize("panel", PANELS, ids=IDS)
def test_panel_asks_for_what_there_is(panel: dict[str, Any]) -> None:
    for expression in expressions(panel):
        assert set(METRIC.findall(expression)) <= known_metrics()
        grouped = re.findall(r"by \(([^)]*)\)", expression)
        matched = re.findall(r"(\w+)=~?\"", expression)
        labels = {name.strip() for names in grouped for name in names.split(",")} | set(matched)
        assert labels <= known_labels() | ADDED_LABELS
    shown = {name for target in panel["targets"] for name in re.findall(r"{{(\w+)}}", target["legendFormat"])}
    assert shown <= known_labels() | ADDED_LABELS


def test_every_metric_is_shown() -> None:
    shown = set(METRIC.findall(json.dumps(DASHBOARD)))
    families = {re.sub(r"_(total|bucket|sum|count)$", "", name) for name in known_metrics()}
    assert families == {re.sub(r"_(total|bucket|sum|count)$", "", name) for name in shown}


def test_champion_stands_beside_its_baselines() -> None:
    auc = next(panel for panel in PANELS if panel["title"] == "AUC")
    assert all(name in auc["targets"][0]["expr"] for name in ("champion", "recency", "minus_frequency", "base_rate"))


def test_panels_do_not_overlap() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert place["x"] + place["w"] <= 24
        assert not cells & taken, panel["title"]
        taken |= cells


def test_datasource_is_the_provisioned_one() -> None:
    provisioned = YAML(typ="safe").load((DASHBOARDS / "provisioning" / "datasources" / "prometheus.yml").read_text())
    uids = {source["uid"] for source in provisioned["datasources"]}
    assert {panel["datasource"]["uid"] for panel in PANELS} <= uids
