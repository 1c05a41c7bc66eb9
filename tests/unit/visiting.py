"""Touches of visitors who come from somewhere, of customers who buy, and of those who report what that cost."""

import msgspec

from schemas.details import Details, Source, Spend
from schemas.kinds import Kind
from schemas.touch import Touch
from tests.unit.making import touch

SOURCES = [
    Source("paid search", "google", "brand"), Source("paid search", "google"), Source("email", "news", "May"),
    Source("organic search", "google"),
]  # fmt: skip


def came(at: float, source: Source | None = None, kind: Kind | None = Kind.DISCOVER, **more: object) -> Touch:
    """A touch on the web, on day `at`."""
    details = Details(source=source) if source else None
    return touch(at, kind, channel="web", details=details, **more)  # type: ignore[arg-type]


def bought(at: float, amount: float = 10.0, **more: object) -> Touch:
    """A purchase, as a till would report it."""
    return touch(at, Kind.PURCHASE, amount=amount, currency="EUR", **more)  # type: ignore[arg-type]


def spent(at: float, amount: float, source: Source, currency: str = "EUR", customer: str = "till") -> Touch:
    """A report of spending on marketing."""
    details = Details(spend=Spend(source, amount, currency))
    return msgspec.structs.replace(touch(at, None, customer, details=details), name="Marketing Spend")
