"""Rules of `ebbflow.toml` on a running worker: an alert on the topic, and a change of the file without a restart."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from schemas.alert import Alert, AlertKind
from schemas.settings import Settings
from streams.store.erased import digest_of
from tests.harness import records_of, wait_until
from tests.integration.test_worker import publish, track
from tests.integration.working import ebbflow, producer_for, profiles_of, running_worker

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
        wait_until(lambda: "rules in it: 2" in log.read_text())
        publish(producer, settings, track("ada", 2, revenue=20))
        wait_until(lambda: ("many-orders", "ada", "ada matches the rule many-orders") in raised(settings))
        file.write_text(BIG + MANY.replace("orders >=", "ordres >="))
        wait_until(lambda: "did you mean orders?" in log.read_text())
        publish(producer, settings, track("cleo", 0, revenue=20), track("cleo", 1, revenue=20))
        wait_until(lambda: any(about == "many-orders" and name == "cleo" for about, name, _ in raised(settings)))
    assert len(raised(settings)) == 3


def test_a_dry_run_over_the_log_tells_what_would_have_been_raised_and_raises_nothing(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    producer, now = producer_for(settings), datetime.now(UTC)
    for customer, days, revenue in (("old", 3, 900), ("ada", 3, 20), ("ada", 0, 30), ("bob", 0, 600), ("eve", 0, 700)):
        value = track(customer, days, revenue=revenue) | {"timestamp": (now - timedelta(days=days)).isoformat()}
        stamp = round((now - timedelta(days=days)).timestamp() * 1000)
        producer.send(
            settings.topic("touchpoints"), key=customer.encode(), value=json.dumps(value).encode(), timestamp_ms=stamp
        )
    producer.send(settings.topic("touchpoints"), key=b"k", value=b"not JSON")
    producer.send(settings.topic("erased"), key=digest_of("eve").encode(), value=b"{}")
    producer.flush()
    (tmp_path / "ebbflow.toml").write_text(BIG + MANY)
    told = ebbflow(settings, "rules", "test")
    cells = [[cell.strip() for cell in line.split("│")[1:-1]] for line in told.stdout.split("\n")]
    assert ["big-order", "1", "1"] in cells, told
    assert ["many-orders", "1", "1"] in cells
    assert any(line[1:] == ["big-order", "Thank bob at once"] for line in cells)
    assert ["big-order", "2", "2"] in [
        [cell.strip() for cell in line.split("│")[1:-1]]
        for line in ebbflow(settings, "rules", "test", "--since", "7d", "--rule", "big-order").stdout.split("\n")
    ]
    assert records_of(settings, "alerts") == []
    assert profiles_of(settings) == {}
