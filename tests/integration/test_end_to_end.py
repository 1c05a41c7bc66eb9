"""The main job end to end: an unmodified SDK publishes, the profile is looked up, a plain consumer reads the alert."""

import subprocess
import sys
from pathlib import Path

import pytest
from segment.analytics import Client

from schemas.alert import Alert, AlertKind
from schemas.settings import Settings
from tests.harness import WRITE_KEY, records_of, wait_until
from tests.integration.working import environment_of, folded, running_worker

pytestmark = pytest.mark.integration


def ebbflow(settings: Settings, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**environment_of(settings), "COLUMNS": "160"}
    command = [sys.executable, "-m", "streams.cli", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)


def test_from_the_sdk_to_the_profile_and_the_alert(settings: Settings, gateway: str, tmp_path: Path) -> None:
    client = Client(WRITE_KEY, host=gateway, max_retries=1)
    with running_worker(settings, tmp_path / "worker.log"):
        client.identify("ada", {"plan": "pro", "name": "Ada"})
        client.track("ada", "Order Completed", {"revenue": 42.5, "currency": "EUR"})
        client.screen("ada", None, "Wallet")
        client.track("ada", "Account Deleted")
        client.flush()
        wait_until(lambda: folded(settings) == 4)
        wait_until(lambda: len(records_of(settings, "alerts")) == 1)
    client.join()

    shown = ebbflow(settings, "profile", "ada")
    assert shown.returncode == 0, shown.stderr
    for expected in (
        "1, 42.50 EUR",
        "plan=pro",
        "Order Completed [purchase]",
        "Account Deleted [leave]",
        "customer.left",
    ):
        assert expected in shown.stdout
    nobody = ebbflow(settings, "profile", "nobody")
    assert nobody.returncode == 1
    assert "No profile of 'nobody'" in nobody.stderr

    (record,) = records_of(settings, "alerts")
    alert = Alert.model_validate_json(record.value)
    assert (alert.kind, alert.state, alert.customer) == (AlertKind.CUSTOMER_LEFT, "opened", "ada")
    printed = ebbflow(settings, "alerts", "--no-follow")
    assert "customer.left opened  ada has left" in printed.stdout
    assert ebbflow(settings, "alerts", "--no-follow", "--kind", "churn.risk").stdout == ""


def test_faust_own_command_line_runs_the_worker_too(settings: Settings, gateway: str, tmp_path: Path) -> None:
    from streams.embedded.companion import Companion

    environment = {**environment_of(settings), "EBBFLOW_WORKER_METRICS_PORT": "0"}
    command = [sys.executable, "-m", "faust", "-A", "streams.app", "worker"]
    with Companion("faust", command, tmp_path / "faust.log", environment):
        Client(WRITE_KEY, host=gateway, sync_mode=True).track("bob", "Signed In")
        wait_until(lambda: folded(settings) == 1)
    assert not list(Path.cwd().glob("*-data"))
