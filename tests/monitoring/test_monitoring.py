"""Prometheus takes what we have for it: configuration, rules, metrics by its conventions, every panel's questions."""

import json
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from dashboards.answers import Prometheus as Answering
from dashboards.answers import names
from dashboards.draw import draw
from tests.harness import wait_until
from tests.monitoring.prometheus import DASHBOARDS, Prometheus

pytestmark = [pytest.mark.monitoring, pytest.mark.timeout(400)]

ANSWERED_WITHIN = 180.0
"""Seconds until the demo's model has learned enough to be judged, and all else has happened."""


def promtool(*words: str, said: str = "") -> None:
    done = subprocess.run(["promtool", *words], input=said, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("check", "config", DASHBOARDS / "prometheus.yml"),
        ("check", "rules", DASHBOARDS / "rules.yml"),
        ("test", "rules", DASHBOARDS / "rules_test.yml"),
    ],
    ids=lambda words: " ".join(map(str, words[:2])),
)
def test_what_is_deployed_is_sound(words: tuple[str | Path, ...]) -> None:
    promtool(*map(str, words))


@pytest.mark.parametrize("role", ["gateway_metrics", "profiles", "learner", "notifier"])
def test_metrics_keep_the_conventions(ports: Mapping[str, int], prometheus: Prometheus, role: str) -> None:
    # Not before all of it has been used: a metric with labels shows itself at its first use.
    wait_until(lambda: answers(prometheus, "max(ebbflow_customers) > 0"), within=60)
    promtool("check", "metrics", said=httpx.get(f"http://127.0.0.1:{ports[role]}/metrics", trust_env=False).text)


def test_all_that_runs_is_scraped(prometheus: Prometheus) -> None:
    def up() -> bool:
        targets = prometheus.ask("targets")["activeTargets"]
        return len(targets) == 4 and all(target["health"] == "up" for target in targets)

    wait_until(up, within=30)


def questions() -> Iterator[tuple[str, str]]:
    """Every query of every panel, and where it stands."""
    for path in sorted((DASHBOARDS / "grafana").glob("*.json")):
        for panel in json.loads(path.read_text())["panels"]:
            for target in panel.get("targets", ()):
                yield f"{path.stem} / {panel['title']} / {target['legendFormat']}", target["expr"]


def answers(prometheus: Prometheus, query: str) -> bool:
    """Whether there is an answer, and a number in it."""
    spelled = query.replace("$__rate_interval", "15s").replace("$__range", "5m")
    return any(sample["value"][1] != "NaN" for sample in prometheus.ask("query", query=spelled)["result"])


def test_every_panel_has_data(prometheus: Prometheus) -> None:
    empty, deadline = list(questions()), time.monotonic() + ANSWERED_WITHIN
    assert len(empty) > 60
    while empty and time.monotonic() < deadline:
        empty = [(place, query) for place, query in empty if not answers(prometheus, query)]
        time.sleep(1.0 if empty else 0.0)
    assert empty == [], "these have no data"


@pytest.mark.parametrize("name", names())
def test_every_dashboard_can_be_drawn(prometheus: Prometheus, tmp_path: Path, name: str) -> None:
    """Whatever had data for a while has a line: this comes after the test that waited for all of it."""
    asked = Answering(prometheus.url, time.time(), timedelta(seconds=ANSWERED_WITHIN))
    with closing(asked):
        assert draw(name, asked, tmp_path / "drawn.png") == []
    assert (tmp_path / "drawn.png").read_bytes().startswith(b"\x89PNG")


def test_rules_are_followed(prometheus: Prometheus) -> None:
    """All of them can be worked out; the senders of nonsense are found, and nobody is missed."""
    rules = [rule for group in prometheus.ask("rules")["groups"] for rule in group["rules"]]
    assert {rule["name"]: rule["lastError"] for rule in rules if rule["health"] != "ok"} == {}
    silent = {"EbbflowDown", "EbbflowNoWorker", "EbbflowNoLearner", "EbbflowNoTouchpoints", "EbbflowSavesFailing"}
    assert {
        rule["name"] for rule in rules if rule["type"] == "alerting" and rule["state"] != "inactive"
    } & silent == set()
    recorded = {rule["name"] for rule in rules if rule["type"] == "recording"}
    assert {name for name in recorded if not answers(prometheus, name)} == set()
