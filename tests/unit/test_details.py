"""What a few touchpoints say beyond what happened: a survey, a text, an action, spending, where a visit came from."""

from typing import Any

import pytest

from processors.details import MAX_TEXT, details_of, has_details
from schemas.details import Details, Source, Spend
from schemas.kinds import Kind


@pytest.mark.parametrize(
    ("kind", "name", "properties", "details"),
    [
        (Kind.FEEDBACK, "NPS Submitted", {"score": 9}, Details(survey="nps")),
        (Kind.FEEDBACK, "Survey Answered", {"survey": "CSAT spring", "comment": " so so "}, Details("csat", "so so")),
        (Kind.FEEDBACK, "Product Reviewed", {"review_body": "x" * 999}, Details("rating", "x" * MAX_TEXT)),
        (Kind.CAMPAIGN, "Survey Sent", {"survey": "nps"}, Details("nps")),
        (Kind.CAMPAIGN, "Email Sent", {"survey": "nps"}, None),
        (Kind.SERVICE, "Ticket Created", {"description": "It broke", "text": ""}, Details(text="It broke")),
        (Kind.PURCHASE, "Order Completed", {"comment": "ring twice"}, None),
        (None, "Action Taken", {"action": " call "}, Details(action="call")),
        (
            None, "Marketing Spend", {"source": "Google", "medium": "cpc", "campaign": "Spring", "value": "90"},
            Details(spend=Spend(Source("paid search", "google", "Spring"), 90.0)),
        ),
        (
            None, "Marketing Spend", {"channel": "Radio", "total": 10, "currency": "eur"},
            Details(spend=Spend(Source("radio"), 10.0, "EUR")),
        ),
        (None, "Marketing Spend", {"channel": "Radio", "cost": "7.5"}, Details(spend=Spend(Source("radio"), 7.5))),
        (None, "Marketing Spend", {"channel": "Radio", "cost": "much"}, None),
        (None, "Marketing Spend", {"channel": "Radio", "total": -10}, None),
        (None, "identify", {"text": "hello"}, None),
        (Kind.ENGAGE, "Push Notification Tapped", {}, Details("", "", Source("push"))),
        (Kind.ENGAGE, "Application Opened", {"from_background": True}, None),
    ],
)  # fmt: skip
def test_what_is_said_is_found(
    kind: Kind | None, name: str, properties: dict[str, Any], details: Details | None
) -> None:
    assert details_of(kind, name, properties, None) == details
    assert details is None or has_details(kind, name)
