"""What a few touchpoints say beyond what happened: a survey, a text, an action, spending, where a visit came from."""

from typing import Any

import pytest

from processors.details import MAX_TEXT, details_of, has_details
from processors.sources import arrival
from schemas.details import Details, Source, Spend
from schemas.kinds import Kind

GOOGLE = "https://www.google.com/"


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
        (None, "Marketing Spend", {"channel": "Radio", "total": -10}, None),
        (None, "identify", {"text": "hello"}, None),
    ],
)  # fmt: skip
def test_what_is_said_is_found(
    kind: Kind | None, name: str, properties: dict[str, Any], details: Details | None
) -> None:
    assert details_of(kind, name, properties, None) == details
    assert details is None or has_details(kind, name)


@pytest.mark.parametrize(
    ("campaign", "page", "referrer", "source"),
    [
        ({"source": "News", "medium": "email", "name": "May"}, None, None, Source("email", "news", "May")),
        ({"source": "facebook", "medium": "cpc"}, None, None, Source("paid social", "facebook")),
        (None, {"url": "https://shop.example/?utm_source=bing&utm_medium=cpc"}, None, Source("paid search", "bing")),
        (None, {"url": "https://shop.example/?gclid=1", "referrer": GOOGLE}, None, Source("paid search", "google")),
        (None, {"url": "https://shop.example/", "referrer": GOOGLE}, None, Source("organic search", "google")),
        (None, {"referrer": "https://t.co/x"}, None, Source("social", "x")),
        (None, {"referrer": "https://blog.example/a"}, None, Source("referral", "blog.example")),
        (None, {"url": "https://www.shop.example/a", "referrer": "https://shop.example/b"}, None, None),
        (None, {}, {"url": "https://blog.example/a"}, Source("referral", "blog.example")),
        ({"source": 7}, {"url": "https://[", "referrer": 5}, [], None),
        (None, None, None, None),
    ],
)  # fmt: skip
def test_where_a_visit_came_from(campaign: Any, page: Any, referrer: Any, source: Source | None) -> None:
    assert arrival(campaign, page, referrer) == source
