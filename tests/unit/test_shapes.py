"""What deliveries look like."""

import json
from typing import Any

import pytest
from pydantic import SecretStr

from processors.shapes import body, letter, pagerduty, slack, subject, teams
from schemas.alert import Alert, AlertKind
from schemas.endpoints import Endpoint
from tests.alerting import alert_of

ROUTING_KEY = "0123456789abcdef0123456789abcdef"
HOSTILE = '<!channel> [click](https://evil.example) *bold* & "quoted"\r\nBcc: all@shop.example'


def texts_of(made: Any) -> list[str]:
    """Every string in a JSON value."""
    if isinstance(made, dict):
        return [text for value in made.values() for text in texts_of(value)]
    if isinstance(made, list):
        return [text for value in made for text in texts_of(value)]
    return [made] if isinstance(made, str) else []


def objects_of(made: Any, kind: str) -> list[dict[str, Any]]:
    """Every object of this type in a JSON value."""
    values = made.values() if isinstance(made, dict) else made if isinstance(made, list) else ()
    own = [made] if isinstance(made, dict) and made.get("type") == kind else []
    return own + [found for value in values for found in objects_of(value, kind)]


def test_plain_json_is_what_stands_on_the_topic() -> None:
    alert = alert_of()
    endpoint = Endpoint(url=SecretStr("https://x.example"), secret=SecretStr("whsec_" + "a" * 32))
    assert body(endpoint, alert) == alert.model_dump_json(exclude_none=True).encode()
    assert Alert.model_validate_json(body(endpoint, alert)) == alert


def test_slack_says_what_why_and_how_much() -> None:
    said = "\n".join(texts_of(slack(alert_of())))
    for words in ("Churn risk", "ada will stay away", "Call them.", "120.00 EUR", "2026-03-01 12:30"):
        assert words in said
    closed = "\n".join(texts_of(slack(alert_of(state="closed"))))
    assert "Churn risk: closed" in closed
    assert "Call them." not in closed


def test_slack_finds_no_markup_in_what_a_sender_wrote() -> None:
    made = slack(alert_of(customer=HOSTILE))
    assert "<" not in made["text"]
    assert all("evil" not in each["text"] for each in objects_of(made, "mrkdwn"))
    assert len(objects_of(made, "plain_text")) == 3


def test_teams_finds_no_markup_in_what_a_sender_wrote() -> None:
    made = teams(alert_of(customer=HOSTILE))
    (attachment,) = made["attachments"]
    assert made["type"] == "message"
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    assert attachment["content"]["type"] == "AdaptiveCard"
    assert all("evil" not in each["text"] for each in objects_of(made, "TextBlock"))
    assert any("evil" in each["text"] for each in objects_of(made, "TextRun"))


def test_pagerduty_resolves_what_it_triggered() -> None:
    opened, closed, next_one = (
        pagerduty(alert) for alert in (alert_of(), alert_of(state="closed"), alert_of(episode=2))
    )
    assert (opened["event_action"], closed["event_action"]) == ("trigger", "resolve")
    assert opened["dedup_key"] == closed["dedup_key"] != next_one["dedup_key"]
    assert {"summary", "source", "severity"} <= set(opened["payload"])
    assert opened["payload"]["severity"] == "warning"
    drifts = [pagerduty(alert_of(kind=AlertKind.MODEL_DRIFT, customer="", id=name)) for name in ("one", "two")]
    assert drifts[0]["dedup_key"] != drifts[1]["dedup_key"]


def test_pagerduty_has_the_integration_key_and_bounds() -> None:
    endpoint = Endpoint(shape="pagerduty", secret=SecretStr(ROUTING_KEY))
    made = json.loads(body(endpoint, alert_of(customer="x" * 5_000)))
    assert made["routing_key"] == ROUTING_KEY
    assert len(made["payload"]["summary"]) <= 1024
    assert len(made["dedup_key"]) <= 255


@pytest.mark.parametrize("shape", [slack, teams])
def test_texts_are_bounded(shape: Any) -> None:
    made = shape(alert_of(customer="x" * 50_000, suggestion="y" * 50_000))
    assert len(json.dumps(made)) < 28_000
    for each in objects_of(made, "plain_text"):
        assert len(each["text"]) <= 3_000


def test_an_e_mail_has_one_line_of_subject() -> None:
    assert subject([alert_of()]).startswith("Churn risk: ada will stay away")
    assert "\n" not in subject([alert_of(customer=HOSTILE)])
    assert "\r" not in subject([alert_of(customer=HOSTILE)])
    assert subject([alert_of(), alert_of("grace")]) == "2 alerts of Ebbflow"
    said = letter([alert_of(), alert_of("grace", state="closed")])
    for words in ("CHURN RISK\n", "CHURN RISK: CLOSED\n", "Customer: ada", "Customer: grace", "Call them."):
        assert words in said
