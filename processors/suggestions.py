"""What to do about an alert: the plain advice that fits its first reason."""

from collections.abc import Sequence
from typing import Literal

from schemas.alert import AlertKind, Reason

_BY_REASON = {
    "friction": "Put the trouble right first, then write to say so.",
    "service": "Call about the open service case before offering anything.",
    "rating": "Ask what went wrong with the last experience, in person.",
    "campaigns": "Pause campaigns to this customer; they have had enough of them.",
    "lateness": "Remind them of what they usually come for.",
    "one_day_only": "Send a second-visit offer: the first one was not followed up.",
}


def suggest(kind: AlertKind, turn: Literal["opened", "closed"], reasons: Sequence[Reason]) -> str:
    """One sentence for the person who reads the alert."""
    if turn == "closed":
        return "Nothing to do; stop any action begun for this alert."
    if kind is AlertKind.ENGAGEMENT_RISING:
        return "Show something new or ask for a referral while the interest is high."
    if kind is AlertKind.CUSTOMER_LEFT:
        return "Ask why, offer a way back, and stop campaigns that assume an active customer."
    if kind is AlertKind.CUSTOMER_RETURNED:
        return "Welcome them back, and find out what brought them."
    for reason in reasons:
        if reason.feature in _BY_REASON:
            return _BY_REASON[reason.feature]
    return "Send a personal win-back message with a reason to return this week."
