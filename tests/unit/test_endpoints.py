"""Endpoints in the settings: a mistake is told in words that say what to do."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from schemas.settings import SettingsError, load_settings

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
GOOD = {"url": "https://crm.example/hooks/ebbflow", "secret": SECRET}
MAIL = {"url": "smtps://me@mail.example", "shape": "email", "secret": "geheim", "sender": "a@b.example"}
PAGERDUTY = {"shape": "pagerduty", "secret": "0123456789abcdef0123456789abcdef"}


@pytest.fixture(autouse=True)
def empty_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith("EBBFLOW_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_section_names_an_endpoint_and_its_secret_may_be_elsewhere(
    empty_directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (empty_directory / "ebbflow.toml").write_text(
        '[endpoints.crm]\nurl = "https://crm.example/x"\nkinds = ["churn.risk"]\ntimeout = "5s"\n'
    )
    monkeypatch.setenv("EBBFLOW_ENDPOINTS__CRM__SECRET", SECRET)
    crm = load_settings().endpoints["crm"]
    assert (crm.secrets, crm.timeout.total_seconds(), crm.kinds) == ((SECRET,), 5.0, {"churn.risk"})
    assert (crm.address.hostname, crm.shape) == ("crm.example", "json")


@pytest.mark.parametrize(
    "given",
    [
        GOOD,
        {**GOOD, "secret": f"{SECRET},{SECRET}"},
        {**GOOD, "url": "http://127.0.0.1:8080/x", "allow_private": True},
        {**GOOD, "url": "http://crm.internal/x", "allow_private": True},
        {"url": "https://hooks.slack.com/services/T/B/x", "shape": "slack"},
        {"url": "https://prod.example/workflows/x?sig=1", "shape": "teams"},
        PAGERDUTY,
        {**MAIL, "to": ["you@shop.example"], "digest": "1h"},
        {"url": "smtp://mail.example", "shape": "email", "sender": "a@b.example", "to": ["you@shop.example"]},
    ],
)
def test_what_is_right_is_taken(given: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EBBFLOW_ENDPOINTS", json.dumps({"one": given}))
    settings = load_settings()
    assert settings.endpoints["one"].address.hostname
    for secret in (SECRET, "geheim", "services", "sig=1", PAGERDUTY["secret"]):
        assert secret not in repr(settings)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({**GOOD, "url": "http://crm.example/x"}, "write https"),
        ({**GOOD, "url": "crm.example"}, "https://host"),
        ({**GOOD, "url": "ftp://crm.example"}, "https://host"),
        ({**GOOD, "url": "https://crm.example:99999"}, "https://host"),
        ({**GOOD, "url": "https://10.0.0.1/x"}, "allow_private = true"),
        ({**GOOD, "url": "https://[::1]/x"}, "allow_private = true"),
        ({"url": GOOD["url"]}, "openssl rand"),
        ({**GOOD, "secret": "hunter2hunter2"}, "24 to 64 bytes"),
        ({**GOOD, "secret": f"{SECRET},whsec_short"}, "24 to 64 bytes"),
        ({**GOOD, "kinds": ["churn"]}, "churn.risk"),
        ({**GOOD, "severities": ["loud"]}, "critical"),
        ({**GOOD, "states": []}, "at least 1"),
        ({**GOOD, "states": ["ended"]}, "closed"),
        ({**GOOD, "states": ["closed"], "severities": ["critical"]}, "add opened"),
        ({**GOOD, "states": ["closed"], "segments": ["vip"]}, "add opened"),
        ({**GOOD, "shape": "fax"}, "pagerduty"),
        ({**GOOD, "timeout": "10"}, "90s"),
        ({**GOOD, "digest": "1h"}, "email"),
        ({**GOOD, "colour": "red"}, "Extra inputs"),
        ({**GOOD, "shape": "slack"}, "leave it out"),
        ({"shape": "pagerduty"}, "integration key"),
        (MAIL, "to = "),
        ({**MAIL, "to": ["nobody"]}, "to = "),
        ({**MAIL, "to": ["you@shop.example"], "secret": ""}, "password"),
        ({**MAIL, "to": ["you@shop.example"], "url": "https://mail.example"}, "smtps://"),
    ],
)
def test_a_mistake_says_what_to_do(given: dict[str, Any], words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EBBFLOW_ENDPOINTS", json.dumps({"crm": given}))
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert words in str(caught.value)
    assert "EBBFLOW_ENDPOINTS__CRM" in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("name", ["My CRM", "crm:dead", "a__b", ""])
def test_a_name_is_plain(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EBBFLOW_ENDPOINTS", json.dumps({name: GOOD}))
    with pytest.raises(SettingsError, match="match pattern"):
        load_settings()
