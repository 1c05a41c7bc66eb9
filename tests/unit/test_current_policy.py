"""The policy of the moment: a changed file is taken while a worker runs, and a wrong one is not."""

import os
from pathlib import Path

import pytest

from schemas.settings import SettingsError, load_settings
from streams.worker import metrics
from streams.worker.current import CurrentPolicy

ONE = '[policy]\nhorizon = "14d"\n[rules.big]\nwhen = "revenue > 100"\n'


@pytest.fixture(autouse=True)
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith("EBBFLOW_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "ebbflow.toml"
    path.write_text(ONE)
    return path


def shown(gauge: object) -> float:
    return gauge._value.get()  # type: ignore[attr-defined, no-any-return]


def test_changed_rules_are_followed_and_nothing_else_changes(file: Path) -> None:
    current = CurrentPolicy(load_settings())
    assert list(current.policy.rules) == ["big"]
    before = shown(metrics.RULES_LOADED_AT)
    file.write_text(
        '[policy]\nhorizon = "7d"\n[rules.huge]\nwhen = "revenue > 1000"\n[rules.big]\nwhen = "revenue > 90"\n'
    )
    current.look()
    assert {name: rule.when for name, rule in current.policy.rules.items()} == {
        "huge": "revenue > 1000",
        "big": "revenue > 90",
    }
    assert current.policy.horizon.days == 14
    assert shown(metrics.RULES) == 2
    assert shown(metrics.RULES_LOADED_AT) > before


def test_changed_segments_are_followed_too(file: Path) -> None:
    current = CurrentPolicy(load_settings())
    file.write_text('[policy]\nsegment_alerts = ["vip"]\n[policy.segments]\nvip = "revenue > 100"\n')
    current.look()
    assert (current.policy.segments, current.policy.segment_alerts) == ({"vip": "revenue > 100"}, ("vip",))
    assert (current.policy.horizon.days, current.policy.rules) == (14, {})


@pytest.mark.parametrize(
    "wrong",
    [
        "[policy.segments]\nvip = 'revenu > 100'",
        "[policy]\nsegment_alerts = ['vip']",
        "[rules.big]\nwhen = 'revenu > 100'",
        "[rules.big]\nwhen = 'revenue > 100'\ncolour = 'red'",
        "[rules.big",
        "patitions = 3",
        b"\xff\xfe",
    ],
)
def test_what_is_wrong_is_refused_and_said_and_the_old_rules_go_on(
    file: Path, wrong: str | bytes, caplog: pytest.LogCaptureFixture
) -> None:
    current = CurrentPolicy(load_settings())
    before = current.policy
    file.write_bytes(wrong if isinstance(wrong, bytes) else wrong.encode())
    current.look()
    current.look()
    assert current.policy is before
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert shown(metrics.RULES_REFUSED) == 1
    file.write_text(ONE + "\n")
    current.look()
    assert current.policy == before
    assert shown(metrics.RULES_REFUSED) == 0


def test_a_file_that_is_gone_takes_no_rules_away(file: Path) -> None:
    current = CurrentPolicy(load_settings())
    file.unlink()
    current.look()
    assert list(current.policy.rules) == ["big"]
    file.write_text("")
    current.look()
    assert current.policy.rules == {}


def test_a_worker_does_not_start_with_a_rule_that_is_wrong(file: Path) -> None:
    file.write_text("[rules.big]\nwhen = 'revenu > 100'")
    with pytest.raises(SettingsError, match=r"\[rules.big\] when: there is no name revenu: did you mean revenue"):
        CurrentPolicy(load_settings())
