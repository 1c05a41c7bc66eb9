"""Rules of `ebbflow.toml` on a running worker: an alert on the topic, and a change of the file without a restart."""

from pathlib import Path

import pytest

from schemas.alert import Alert, AlertKind
from schemas.settings import Settings
from tests.harness import records_of, wait_until
from tests.integration.test_worker import publish, track
from tests.integration.working import producer_for, running_worker

pytestmark = pytest.mark.integration

BIG = "[rules.big-order]\nwhen = 'touch.amount > 500'\nsummary = 'Thank {customer} at once'\n"
MANY = "[rules.many-orders]\nwhen = 'orders >= 2'\n"


def raised(settings: Settings) -> list[tuple[str | None, str, str]]:
    alerts = [Alert.model_validate_json(record.value) for record in records_of(settings, "alerts")]
    return [(each.about, each.customer, each.summary) for each in alerts if each.kind is AlertKind.RULE_MATCHED]


def test_rules_raise_alerts_and_a_changed_file_is_followed_without_a_restart(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file, log, producer = tmp_path / "ebbflow.toml", tmp_path / "worker.log", producer_for(settings)
    file.write_text(BIG)
    with running_worker(settings, log):
        publish(producer, settings, track("ada", 0, revenue=20), track("ada", 1, revenue=30))
        publish(producer, settings, track("bob", 0, revenue=600))
        wait_until(lambda: raised(settings) == [("big-order", "bob", "Thank bob at once")])
        file.write_text(BIG + MANY)
        wait_until(lambda: "Follow the 2 rules" in log.read_text())
        publish(producer, settings, track("ada", 2, revenue=20))
        wait_until(lambda: ("many-orders", "ada", "ada matches the rule many-orders") in raised(settings))
        file.write_text(BIG + MANY.replace("orders >=", "ordres >="))
        wait_until(lambda: "did you mean orders?" in log.read_text())
        publish(producer, settings, track("cleo", 0, revenue=20), track("cleo", 1, revenue=20))
        wait_until(lambda: any(about == "many-orders" and name == "cleo" for about, name, _ in raised(settings)))
    assert len(raised(settings)) == 3
