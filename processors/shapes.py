"""What a delivery looks like, for each kind of receiver.

Customers' ids are whatever senders made of them, so that nothing of an alert is taken for markup.
"""

import json
from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import Any

from schemas.alert import Alert, AlertKind
from schemas.endpoints import Endpoint, Shape

Json = dict[str, Any]

TITLES = {
    AlertKind.CHURN_RISK: "Churn risk",
    AlertKind.ENGAGEMENT_RISING: "Engagement rising",
    AlertKind.CUSTOMER_LEFT: "Customer left",
    AlertKind.CUSTOMER_RETURNED: "Customer returned",
    AlertKind.MODEL_DRIFT: "Model drift",
}

_SLACK_SECTION = 2_900
_CARD_TEXT = 4_000
_PAGERDUTY_SUMMARY = 1_024
_SUBJECT = 150
_CARD_COLORS = {"info": "good", "warning": "warning", "critical": "attention"}
_SLACK_SIGNS = {"info": ":large_blue_circle:", "warning": ":large_orange_circle:", "critical": ":red_circle:"}


def body(endpoint: Endpoint, alert: Alert) -> bytes:
    """The content of a delivery over HTTP. The plain shape is that of the topic `alerts`."""
    if endpoint.shape is Shape.JSON:
        return alert.model_dump_json(exclude_none=True).encode()
    made = _SHAPES[endpoint.shape](alert)
    if endpoint.shape is Shape.PAGERDUTY:
        made = {"routing_key": endpoint.secret.get_secret_value(), **made}
    return json.dumps(made, ensure_ascii=False).encode(errors="replace")


def slack(alert: Alert) -> Json:
    """A message for an incoming webhook of Slack, in Block Kit; `text` is what notifications show. Text that is not
    ours is in plain text objects, which have neither markup nor mentions."""
    sign = _SLACK_SIGNS[alert.severity] if alert.state == "opened" else ":white_check_mark:"
    texts = [alert.summary, alert.suggestion] if alert.state == "opened" else [alert.summary]
    facts = " | ".join(f"{name}: {value}" for name, value in _facts(alert))
    return {
        "text": _escaped(_cut(f"{_headline(alert)}: {alert.summary}", _SLACK_SECTION)),
        "blocks": [
            {"type": "section", "text": {"type": "mrkdwn", "text": f"{sign} *{_headline(alert)}*"}},
            *({"type": "section", "text": _plain(_cut(text, _SLACK_SECTION))} for text in texts),
            {"type": "context", "elements": [_plain(facts)]},
        ],
    }


def teams(alert: Alert) -> Json:
    """An Adaptive Card in a message, for a workflow of Teams that waits for a webhook. Text that is not ours is in text
    runs, since Teams reads Markdown in text blocks and in facts."""
    color = _CARD_COLORS[alert.severity] if alert.state == "opened" else "good"
    texts = [alert.summary, alert.suggestion] if alert.state == "opened" else [alert.summary]
    facts = " | ".join(f"{name}: {value}" for name, value in _facts(alert))
    card = {
        "type": "AdaptiveCard",
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "version": "1.4",
        "body": [
            {"type": "TextBlock", "text": _headline(alert), "weight": "bolder", "size": "medium", "color": color},
            *(_run(text) for text in texts),
            _run(facts, isSubtle=True, size="small"),
        ],
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


def pagerduty(alert: Alert) -> Json:
    """An event for PagerDuty's Events API v2: what closes resolves what its opening triggered."""
    whole = f"{alert.kind}\n{alert.episode}\n{alert.customer}"
    if alert.kind is AlertKind.MODEL_DRIFT:
        whole = alert.id
    return {
        "event_action": "trigger" if alert.state == "opened" else "resolve",
        "dedup_key": f"ebbflow-{blake2b(whole.encode(errors='surrogatepass'), digest_size=16).hexdigest()}",
        "client": "Ebbflow",
        "payload": {
            "summary": _cut(alert.summary, _PAGERDUTY_SUMMARY),
            "source": "ebbflow",
            "severity": alert.severity,
            "timestamp": alert.at.isoformat(),
            "class": str(alert.kind),
            "custom_details": alert.model_dump(mode="json", exclude_none=True),
        },
    }


def subject(alerts: Sequence[Alert]) -> str:
    """The subject of an e-mail: one line, whatever stands in a summary."""
    if len(alerts) == 1:
        return _cut(" ".join(f"{_headline(alerts[0])}: {alerts[0].summary}".split()), _SUBJECT)
    return f"{len(alerts)} alerts of Ebbflow"


def letter(alerts: Sequence[Alert]) -> str:
    """The text of an e-mail."""
    return "\n\n".join(map(_paragraph, alerts)) + "\n"


def _paragraph(alert: Alert) -> str:
    lines = [_headline(alert).upper(), alert.summary]
    if alert.state == "opened":
        lines.append(alert.suggestion)
    return "\n".join([*lines, *(f"{name}: {value}" for name, value in _facts(alert)), f"Alert: {alert.id}"])


def _headline(alert: Alert) -> str:
    return TITLES[alert.kind] if alert.state == "opened" else f"{TITLES[alert.kind]}: closed"


def _facts(alert: Alert) -> list[tuple[str, str]]:
    facts = [("Customer", _cut(alert.customer, _SUBJECT))] if alert.customer else []
    facts.append(("Severity", alert.severity))
    if alert.at_stake is not None:
        facts.append(("At stake", f"{alert.at_stake.amount:,.2f} {alert.at_stake.currency}".rstrip()))
    return [*facts, ("At", f"{alert.at:%Y-%m-%d %H:%M} UTC")]


def _plain(text: str) -> Json:
    return {"type": "plain_text", "text": text, "emoji": False}


def _run(text: str, **style: Any) -> Json:
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": _cut(text, _CARD_TEXT), **style}]}


def _escaped(text: str) -> str:
    """Text in which Slack finds no links and no mentions, which it writes between angle brackets."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 3]}..."


_SHAPES: dict[Shape, Callable[[Alert], Json]] = {Shape.SLACK: slack, Shape.TEAMS: teams, Shape.PAGERDUTY: pagerduty}
