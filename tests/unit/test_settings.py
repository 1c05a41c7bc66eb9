"""Settings: from the environment or a file, and a mistake is told in words."""

import os
from datetime import timedelta
from pathlib import Path

import pytest

from schemas.settings import Settings, SettingsError, load_settings


@pytest.fixture(autouse=True)
def empty_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith("EBBFLOW_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_defaults_need_nothing() -> None:
    settings = load_settings()
    assert settings.broker_url == "127.0.0.1:9092"
    assert settings.policy.horizon == timedelta(days=30)


def test_the_environment_wins_over_the_file(empty_directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = 'partitions = 3\nbroker_url = "kafka:9092"\n[policy]\nhorizon = "10d"\n[kinds]\n"Parcel" = "service"'
    (empty_directory / "ebbflow.toml").write_text(file)
    monkeypatch.setenv("EBBFLOW_PARTITIONS", "5")
    monkeypatch.setenv("EBBFLOW_POLICY__CHURN_OPENS", "0.8")
    settings = load_settings()
    assert (settings.partitions, settings.broker_url) == (5, "kafka:9092")
    assert (settings.policy.horizon, settings.policy.churn_opens) == (timedelta(days=10), 0.8)
    assert settings.kinds == {"Parcel": "service"}


def test_rules_have_sections_of_their_own_beside_the_policy(
    empty_directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = '[policy]\nhorizon = "10d"\n[rules.big]\nwhen = "revenue > 100"\nhold = "2h"\n'
    (empty_directory / "ebbflow.toml").write_text(rules)
    monkeypatch.setenv("EBBFLOW_POLICY__CHURN_OPENS", "0.8")
    policy = load_settings().policy
    assert (policy.horizon, policy.churn_opens) == (timedelta(days=10), 0.8)
    assert {name: (rule.when, rule.hold) for name, rule in policy.rules.items()} == {
        "big": ("revenue > 100", timedelta(hours=2))
    }
    monkeypatch.setenv("EBBFLOW_POLICY__RULES", '{"huge": {"when": "revenue > 1000"}}')
    assert list(load_settings().policy.rules) == ["huge"]


def test_funnels_are_read_from_the_file_or_from_the_environment(
    empty_directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = '[policy.funnels]\ncheckout = ["Cart Viewed", "purchase"]\n'
    file += 'help = { steps = ["friction", "service"], within = "7d" }'
    (empty_directory / "ebbflow.toml").write_text(file)
    assert [str(each) for each in load_settings().policy.funnels.values()] == [
        "Cart Viewed > purchase",
        "friction > service within 7d",
    ]
    monkeypatch.setenv("EBBFLOW_POLICY__FUNNELS", '{"signup": ["Signed Up"]}')
    with pytest.raises(SettingsError, match=r"FUNNELS__SIGNUP__STEPS: .*at least 2"):
        load_settings()


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("EBBFLOW_PARTITIONS", "many", "integer"),
        ("EBBFLOW_POLICY__HORIZON", "30", "30d"),
        ("EBBFLOW_GIVE_UP_AFTER", "999999999999999d", "calendar"),
        ("EBBFLOW_POLICY__CHURN_CLOSES", "0.9", "below churn_opens"),
        ("EBBFLOW_POLICY__CHURN_ALERTS_PER_DAY", "0", "greater than or equal to 1"),
        ("EBBFLOW_CLOCK_SPEED", "0", "greater than 0"),
        ("EBBFLOW_PREFIX", "a b", "match pattern"),
        ("EBBFLOW_HOOK_SECRETS", "stripe=whsec_1", "JSON"),
    ],
)
def test_a_mistake_names_its_variable_and_what_would_be_right(
    name: str, value: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=words) as caught:
        load_settings()
    assert name.split("__")[0] in str(caught.value)


def test_a_misspelled_setting_in_the_file_is_refused(empty_directory: Path) -> None:
    (empty_directory / "ebbflow.toml").write_text("partitons = 3")
    with pytest.raises(SettingsError, match=r"PARTITONS(.|\n)*ebbflow.toml|ebbflow.toml(.|\n)*PARTITONS"):
        load_settings()


def test_a_key_that_is_too_short_is_refused_and_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EBBFLOW_WRITE_KEYS", "long-enough,geheim")
    with pytest.raises(SettingsError, match="8 characters") as caught:
        load_settings()
    assert "geheim" not in str(caught.value)


def test_secrets_do_not_show() -> None:
    settings = Settings(write_keys="do-not-tell", model_key="nor-this-one")
    assert "do-not-tell" not in repr(settings)
    assert "nor-this-one" not in repr(settings)


def test_names_carry_the_prefix() -> None:
    assert Settings().topic("alerts") == "alerts"
    assert Settings().keyspace("customer") == "ebbflow:customer"
    assert Settings(prefix="eu").topic("alerts") == "eu.alerts"
    assert Settings(prefix="eu").keyspace("customer") == "ebbflow:eu:customer"


def test_a_misspelt_variable_is_said_and_not_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EBBFLOW_HORIZON", "3d")
    with pytest.raises(SettingsError, match="did you mean EBBFLOW_POLICY__HORIZON"):
        load_settings()
