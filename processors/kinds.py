"""From event names to kinds: what a touchpoint means to the business.

The defaults cover the events of Segment's specs (e-commerce, B2B SaaS, mobile, e-mail, video, live chat) and the
common names of service, surveys and subscriptions. Users add theirs in `ebbflow.toml`; theirs win.
"""

import re
from collections.abc import Mapping
from functools import lru_cache

from schemas.handling import HANDLED
from schemas.kinds import Kind

_DEFAULTS: dict[Kind, tuple[str, ...]] = {
    Kind.DISCOVER: (
        "Products Searched", "Product List Viewed", "Product List Filtered", "Search Performed",
        "Application Installed", "Install Attributed", "Article Viewed", "Lead Created",
    ),
    Kind.CONSIDER: (
        "Product Clicked", "Product Viewed", "Product Added", "Product Removed", "Cart Viewed", "Checkout Started",
        "Checkout Step Viewed", "Checkout Step Completed", "Payment Info Entered", "Coupon Entered", "Coupon Applied",
        "Coupon Removed", "Product Added to Wishlist", "Product Removed from Wishlist",
        "Wishlist Product Added to Cart", "Trial Started", "Pricing Viewed", "Demo Requested", "Quote Requested",
    ),
    Kind.PURCHASE: (
        "Order Completed", "Order Placed", "Subscription Started", "Subscription Created", "Subscription Renewed",
        "Subscription Upgraded", "Invoice Paid", "Payment Succeeded", "In App Purchase",
    ),
    Kind.ENGAGE: (
        "Signed Up", "Signed In", "Signed Out", "Account Created", "Account Added User", "Invite Sent",
        "Application Opened", "Application Updated", "Application Backgrounded", "Push Notification Tapped",
        "Deep Link Opened", "Deep Link Clicked", "Promotion Clicked", "Email Opened", "Email Link Clicked",
        "Message Opened", "Message Link Clicked", "SMS Link Clicked", "Video Playback Started",
        "Video Playback Paused", "Video Playback Resumed", "Video Playback Completed", "Video Playback Seek Started",
        "Video Playback Seek Completed", "Video Content Started", "Video Content Playing", "Video Content Completed",
    ),
    Kind.SERVICE: (
        "Ticket Created", "Ticket Updated", "Ticket Solved", "Ticket Closed", "Support Ticket Created",
        "Support Ticket Solved", "Call Started", "Call Ended", "Live Chat Conversation Started",
        "Live Chat Conversation Ended", "Live Chat Message Sent", "Live Chat Message Received", "Help Viewed",
    ),
    Kind.FEEDBACK: (
        "Product Reviewed", "Survey Answered", "Survey Completed", "Survey Submitted", "NPS Submitted",
        "CSAT Submitted", "CES Submitted", "Feedback Submitted", "Rating Given",
    ),
    Kind.SOCIAL: (
        "Product Shared", "Cart Shared", "Mention", "Mentioned", "Post Liked", "Post Shared", "Followed", "Referred",
    ),
    Kind.CAMPAIGN: (
        "Promotion Viewed", "Email Sent", "Email Delivered", "Email Bounced", "Message Sent", "Message Delivered",
        "SMS Sent", "SMS Delivered", "Push Notification Received", "Push Notification Bounced", "Campaign Sent",
        "Survey Sent", "Video Ad Started", "Video Ad Playing", "Video Ad Completed",
    ),
    Kind.FRICTION: (
        "Order Refunded", "Order Cancelled", "Order Canceled", "Coupon Denied", "Application Crashed", "Error Shown",
        "Payment Failed", "Invoice Payment Failed", "Delivery Delayed", "Email Marked as Spam", "Unsubscribed",
        "Video Playback Interrupted", "Video Playback Buffer Started", "Account Removed User", "Trial Ended",
        "Subscription Downgraded", "Subscription Cancellation Requested",
    ),
    Kind.LEAVE: (
        "Account Deleted", "Account Closed", "Account Cancelled", "Account Canceled", "Application Uninstalled",
        "Subscription Cancelled", "Subscription Canceled", "Subscription Ended", "Contract Ended",
    ),
}  # fmt: skip

_BY_TYPE = {"page": Kind.DISCOVER, "screen": Kind.ENGAGE}
_SEPARATORS = re.compile(r"[\W_]+")
_HUMPS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_REMEMBERED = 10_000


@lru_cache(maxsize=_REMEMBERED)
def normal_name(event: str) -> str:
    """One spelling for `Order Completed`, `order_completed` and `orderCompleted`.

    >>> normal_name("orderCompleted"), normal_name("ORDER-COMPLETED"), normal_name("NPSSubmitted")
    ('order completed', 'order completed', 'nps submitted')
    """
    return _SEPARATORS.sub(" ", _HUMPS.sub(" ", event)).strip().lower()


REPORTS = frozenset(("action taken", "marketing spend"))
"""What the business reports of itself, as `normal_name` spells it."""
_BY_THE_TEAM = frozenset(map(normal_name, HANDLED.values())) | REPORTS


class KindRules:
    """The table of event names, defaults overlaid with the user's own; look-ups are remembered, within bounds."""

    def __init__(self, own: Mapping[str, Kind] | None = None) -> None:
        self._table = {normal_name(name): kind for kind, names in _DEFAULTS.items() for name in names}
        self._table.update({normal_name(name): kind for name, kind in (own or {}).items()})
        self._remembered: dict[str, Kind] = {}

    def classify(self, type_: str, event: str) -> Kind | None:
        """The kind of a touchpoint; `None` for one that only says who somebody is (identify, group, alias), or what the
        team did with an alert: the customer did nothing.

        A tracked event that no rule knows is something the customer did: `engage`.
        """
        if type_ != "track":
            return _BY_TYPE.get(type_)
        kind = self._remembered.get(event)
        if kind is None:
            name = normal_name(event)
            if name in _BY_THE_TEAM and name not in self._table:
                return None
            kind = self._table.get(name, Kind.ENGAGE)
            if len(self._remembered) < _REMEMBERED:
                self._remembered[event] = kind
        return kind
