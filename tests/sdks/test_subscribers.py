"""Subscribers as docs/alerts.md shows them, with the clients as they are published: each hears of an alert."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from schemas.alert import AlertKind
from schemas.settings import Settings
from tests.alerting import alert_of
from tests.harness import wait_until
from tests.integration.notifying import publish
from tests.sdks.environments import node, node_modules, python_with

pytestmark = [pytest.mark.sdks, pytest.mark.integration, pytest.mark.timeout(240)]

NAMES = ("alerts", "win-back")
DOCUMENT = (Path(__file__).parents[2] / "docs" / "alerts.md").read_text()

EXAMPLES: dict[str, tuple[str, str, Callable[[], str]]] = {
    "from kafka import": ("python", "subscriber.py", lambda: str(python_with("kafka-python==3.0.12"))),
    "from faststream": ("python", "subscriber.py", lambda: str(python_with("faststream[kafka]==0.7.8"))),
    'from "kafkajs"': ("js", "subscriber.mjs", node),
}


@pytest.mark.parametrize("example", EXAMPLES)
def test_a_subscriber_hears_of_an_alert(example: str, settings: Settings, tmp_path: Path) -> None:
    language, name, program = EXAMPLES[example]
    (shown,) = (each for each in re.findall(rf"```{language}\n(.*?)```", DOCUMENT, re.DOTALL) if example in each)
    own = {"127.0.0.1:9092": settings.broker_url} | {f'"{name}"': f'"{settings.topic(name)}"' for name in NAMES}
    for said, here in own.items():
        assert shown.count(said) == 1
        shown = shown.replace(said, here)
    (tmp_path / name).write_text(shown)
    (tmp_path / "node_modules").symlink_to(node_modules())
    publish(settings, [alert_of("ada"), alert_of("ada", state="closed"), alert_of("zoe", kind=AlertKind.CUSTOMER_LEFT)])
    log = tmp_path / "log"
    with log.open("wb") as output:
        command = [program(), name]
        subscriber = subprocess.Popen(command, cwd=tmp_path, env={}, stdout=output, stderr=subprocess.STDOUT)
        try:
            wait_until(lambda: "ada will stay away" in log.read_text() or subscriber.poll() is not None, within=60)
            publish(settings, [alert_of("bob")])
            wait_until(lambda: "bob will stay away" in log.read_text() or subscriber.poll() is not None, within=60)
        finally:
            subscriber.kill()
            subscriber.wait()
    heard = log.read_text()
    for customer in ("ada", "bob"):
        assert heard.count(f"{customer} {customer} will stay away for 30 days with probability 83% Call them.\n") == 1
    assert "zoe" not in heard, heard
