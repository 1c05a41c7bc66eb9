"""Which alerts an endpoint wants."""

from collections.abc import Collection
from enum import Enum

from schemas.alert import Alert
from schemas.endpoints import Endpoint


class Wish(Enum):
    """Whether an alert is wanted."""

    NO = "no"
    YES = "yes"
    IF_OPENED = "if opened"
    """The end of something: wanted if its beginning was."""


def is_of(alert: Alert, segments: Collection[str]) -> bool:
    """Whether an alert is about one of these segments, or about a customer who stood in one when it turned."""
    return alert.about in segments or not set(segments).isdisjoint(alert.segments)


def wish(endpoint: Endpoint, alert: Alert) -> Wish:
    """Whether an endpoint wants an alert.

    How severe something is, how much is at stake and where the customer stands is judged when it opens: when it closes
    it is always harmless, and yet whoever was told of the one has to be told of the other.
    """
    if alert.state not in endpoint.states or (endpoint.kinds and alert.kind not in endpoint.kinds):
        return Wish.NO
    choosy = endpoint.severities or endpoint.least_at_stake or endpoint.segments
    if alert.state == "closed" and choosy:
        return Wish.IF_OPENED
    return Wish.YES if _weighty(endpoint, alert) else Wish.NO


def _weighty(endpoint: Endpoint, alert: Alert) -> bool:
    amount = alert.at_stake.amount if alert.at_stake else 0.0
    return (
        (not endpoint.severities or alert.severity in endpoint.severities)
        and (not endpoint.segments or is_of(alert, endpoint.segments))
        and amount >= endpoint.least_at_stake
    )
