"""The dashboards are current, and ask for metrics that the code really has, by labels that they really have."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.core import Metric
from prometheus_client.metrics import MetricWrapperBase
from ruamel.yaml import YAML

from dashboards.__main__ import documents
from schemas.settings import Settings
from streams.gateway.metrics import GatewayMetrics
from streams.gateway.quality import QualityCounts
from streams.notifier.metrics import NotifierMetrics
from streams.worker import business
from streams.worker import metrics as worker_metrics

ROOT = Path(__file__).parents[2] / "dashboards"
DASHBOARDS: dict[str, dict[str, Any]] = {name: json.loads(text) for name, text in documents()}
PANELS = [
    pytest.param(panel, id=f"{name}: {panel['title']}")
    for name, dashboard in DASHBOARDS.items()
    for panel in dashboard["panels"]
    if panel["type"] != "row"
]
RULES = YAML(typ="safe").load((ROOT / "rules.yml").read_text())

METRIC = re.compile(r"\bebbflow_\w+")
RECORDED = re.compile(r"\bebbflow:\w+(?::\w+)*")
# What Prometheus itself adds, by its own configuration.
ADDED_LABELS = {"instance", "job", "role", "le"}
SUFFIXES = {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_sum", "_count")}


def families() -> Iterator[tuple[Metric, set[str]]]:
    """All that we measure, with its labels."""
    for group in (worker_metrics, business, GatewayMetrics(), NotifierMetrics([])):
        for metric in vars(group).values():
            if isinstance(metric, MetricWrapperBase):
                for family in metric.describe():
                    yield family, set(metric._labelnames)
    for family in QualityCounts(Settings.model_construct(), None, CollectorRegistry()).collect():
        yield family, set(family._labelnames)  # type: ignore[attr-defined]


FAMILIES = {family.name: (family.type, labels) for family, labels in families()}
METRICS = {name + suffix: name for name, (kind, _) in FAMILIES.items() for suffix in SUFFIXES[kind]}
LABELS = {label for _, labels in FAMILIES.values() for label in labels} | ADDED_LABELS


def expressions(panel: dict[str, Any]) -> list[str]:
    return [target["expr"] for target in panel["targets"]]


def test_files_are_current() -> None:
    kept = {path.name: path.read_text() for path in (ROOT / "grafana").iterdir()}
    assert kept == dict(documents()), "the dashboards have changed: run `make dashboards` and commit dashboards/grafana"


def test_there_is_one_for_each_who_looks() -> None:
    titles = {dashboard["title"].removeprefix("Ebbflow: ") for dashboard in DASHBOARDS.values()}
    assert titles == {"Business", "Customers at risk", "Models", "Pipeline", "Gateway"}
    assert len({dashboard["uid"] for dashboard in DASHBOARDS.values()}) == len(DASHBOARDS)


@pytest.mark.parametrize("panel", PANELS)
def test_panel_explains_itself(panel: dict[str, Any]) -> None:
    assert panel["title"]
    assert len(panel["description"]) > 20
    assert panel["fieldConfig"]["defaults"]["unit"]
    assert panel["targets"]
    assert all(target["legendFormat"] for target in panel["targets"])


@pytest.mark.parametrize("panel", PANELS)
def test_panel_asks_for_what_there_is(panel: dict[str, Any]) -> None:
    for expression in expressions(panel):
        assert set(METRIC.findall(expression)) <= set(METRICS)
        assert set(RECORDED.findall(expression)) <= {
            rule["record"] for group in RULES["groups"] for rule in group["rules"] if "record" in rule
        }
        grouped = re.findall(r"by \(([^)]*)\)", expression)
        matched = re.findall(r"(\w+)=~?\"", expression)
        labels = {name.strip() for names in grouped for name in names.split(",")} | set(matched)
        assert labels <= LABELS
    shown = {name for target in panel["targets"] for name in re.findall(r"{{(\w+)}}", target["legendFormat"])}
    assert shown <= LABELS


def test_every_metric_is_shown_or_watched() -> None:
    asked = json.dumps([*DASHBOARDS.values(), RULES])
    shown = {METRICS[name] for name in METRIC.findall(asked) if name in METRICS}
    assert set(FAMILIES) - shown == set()


def test_no_label_names_a_customer() -> None:
    assert not LABELS & {"customer", "user", "user_id", "anonymous_id", "id", "key", "email", "ip"}


def test_champion_stands_beside_its_baselines() -> None:
    auc = next(panel for panel in DASHBOARDS["models.json"]["panels"] if panel["title"] == "AUC")
    assert all(name in auc["targets"][0]["expr"] for name in ("champion", "recency", "minus_frequency", "base_rate"))


@pytest.mark.parametrize("name", DASHBOARDS)
def test_panels_do_not_overlap(name: str) -> None:
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARDS[name]["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert place["x"] + place["w"] <= 24
        assert not cells & taken, panel["title"]
        taken |= cells


@pytest.mark.parametrize("name", DASHBOARDS)
def test_panels_have_numbers_of_their_own(name: str) -> None:
    numbers = [panel["id"] for panel in DASHBOARDS[name]["panels"]]
    assert len(set(numbers)) == len(numbers)


@pytest.mark.parametrize("panel", PANELS)
def test_datasource_is_the_provisioned_one(panel: dict[str, Any]) -> None:
    provisioned = YAML(typ="safe").load((ROOT / "provisioning" / "datasources" / "prometheus.yml").read_text())
    uids = {source["uid"] for source in provisioned["datasources"]}
    assert {part["datasource"]["uid"] for part in (panel, *panel["targets"])} <= uids
