"""Which alerts an endpoint wants."""

from typing import Any

import pytest
from pydantic import SecretStr

from processors.subscriptions import Wish, wish
from schemas.alert import Alert, AlertKind
from schemas.endpoints import Endpoint
from tests.alerting import alert_of

OPENED, CLOSED = alert_of(), alert_of(state="closed")


def endpoint(**given: Any) -> Endpoint:
    return Endpoint(url=SecretStr("https://hooks.example/x"), shape="slack", **given)


@pytest.mark.parametrize(
    ("given", "alert", "wanted"),
    [
        ({}, OPENED, Wish.YES),
        ({}, CLOSED, Wish.YES),
        ({"states": ["opened"]}, CLOSED, Wish.NO),
        ({"kinds": ["churn.risk"]}, OPENED, Wish.YES),
        ({"kinds": ["churn.risk"]}, alert_of(kind=AlertKind.CUSTOMER_LEFT), Wish.NO),
        ({"severities": ["critical"]}, OPENED, Wish.NO),
        ({"severities": ["critical", "warning"]}, OPENED, Wish.YES),
        ({"least_at_stake": 120}, OPENED, Wish.YES),
        ({"least_at_stake": 121}, OPENED, Wish.NO),
        ({"least_at_stake": 1}, alert_of(amount=None), Wish.NO),
        # What closes is harmless, and yet whoever was told that it opened is told of it, and nobody else.
        ({"severities": ["critical"]}, CLOSED, Wish.IF_OPENED),
        ({"least_at_stake": 100}, CLOSED, Wish.IF_OPENED),
        ({"severities": ["critical"], "kinds": ["customer.left"]}, CLOSED, Wish.NO),
        ({"states": ["closed"]}, CLOSED, Wish.YES),
        ({"segments": ["vip"]}, OPENED, Wish.NO),
        ({"segments": ["vip", "At risk"]}, alert_of(segments=["new", "vip"]), Wish.YES),
        ({"segments": ["vip"]}, alert_of(kind=AlertKind.SEGMENT_ENTERED, about="vip"), Wish.YES),
        ({"segments": ["vip"]}, CLOSED, Wish.IF_OPENED),
    ],
)
def test_an_endpoint_wants_what_it_names(given: dict[str, Any], alert: Alert, wanted: Wish) -> None:
    assert wish(endpoint(**given), alert) is wanted
