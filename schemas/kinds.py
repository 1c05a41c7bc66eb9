"""What a touchpoint means to the business."""

from enum import StrEnum


class Kind(StrEnum):
    """The ten meanings a touchpoint can have; a touchpoint that only says who somebody is has none.

    Facts hold them by their place here, so a new one comes last.
    """

    DISCOVER = "discover"
    CONSIDER = "consider"
    PURCHASE = "purchase"
    ENGAGE = "engage"
    SERVICE = "service"
    FEEDBACK = "feedback"
    SOCIAL = "social"
    CAMPAIGN = "campaign"
    FRICTION = "friction"
    LEAVE = "leave"


MEANINGFUL = frozenset(
    {Kind.DISCOVER, Kind.CONSIDER, Kind.PURCHASE, Kind.ENGAGE, Kind.SERVICE, Kind.FEEDBACK, Kind.SOCIAL}
)
"""Kinds that show a customer coming back by choice. Being sent a campaign does not (opening it does), nor does
friction, which the business causes, nor leaving."""
