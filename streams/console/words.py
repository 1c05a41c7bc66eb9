"""Times, shares and sums as people read them."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from schemas.alert import AlertKind, AtStake

KINDS = {
    AlertKind.CHURN_RISK: "Churn risk",
    AlertKind.ENGAGEMENT_RISING: "Warming up",
    AlertKind.CUSTOMER_LEFT: "Left",
    AlertKind.CUSTOMER_RETURNED: "Returned",
    AlertKind.ATTITUDE_GAP: "Says one thing, does another",
    AlertKind.SEGMENT_ENTERED: "Segment",
    AlertKind.RULE_MATCHED: "Your rule",
    AlertKind.MODEL_DRIFT: "Model drift",
}
_SPANS = (
    (timedelta(days=365), "y"),
    (timedelta(days=1), "d"),
    (timedelta(hours=1), "h"),
    (timedelta(minutes=1), "min"),
)


def moment(at: datetime) -> str:
    """A time to the minute.

    >>> moment(datetime(2026, 1, 31, 9, 5))
    '2026-01-31 09:05'
    """
    return f"{at:%Y-%m-%d %H:%M}"


def ago(at: datetime, now: datetime) -> str:
    """How long ago that was, in one unit.

    >>> ago(datetime(2026, 1, 1), datetime(2026, 1, 3, 12))
    '2 d ago'
    """
    for span, unit in _SPANS:
        if now - at >= span:
            return f"{(now - at) // span} {unit} ago"
    return "just now"


def span(seconds: float | None) -> str:
    """A time that something took, in one unit.

    >>> span(40), span(5400), span(200_000), span(None)
    ('40 s', '1.5 h', '2.3 d', '–')
    """
    if seconds is None:
        return "–"
    for size, unit in _SPANS:
        if seconds >= size.total_seconds():
            return f"{seconds / size.total_seconds():.1f} {unit}"
    return f"{seconds:.0f} s"


def percent(share: float | None) -> str:
    """A share between 0 and 1.

    >>> percent(0.834), percent(None)
    ('83%', '–')
    """
    return "–" if share is None else f"{share:.0%}"


def origin(channel: str, source: str, campaign: str) -> str:
    """Where somebody came from, as far as it is known.

    >>> origin("paid search", "google", ""), origin("", "", "")
    ('paid search / google', 'no campaign')
    """
    return " / ".join(part for part in (channel, source, campaign) if part) or "no campaign"


def points(share: float | None) -> str:
    """A difference of shares, in percentage points.

    >>> points(0.0412), points(-0.1), points(None)
    ('+4.1', '-10.0', '–')
    """
    return "–" if share is None else f"{100 * share:+.1f}"


def chance(p: float) -> str:
    """How often something happens by chance.

    >>> chance(0.04), chance(0.7), chance(0.0002)
    ('once in 25', 'more often than not', 'less than once in 1,000')
    """
    if p < 0.001:
        return "less than once in 1,000"
    return "more often than not" if p > 0.5 else f"once in {1 / p:,.0f}"


def survey(name: str) -> str:
    """A kind of survey.

    >>> survey("nps"), survey("rating")
    ('NPS', 'Ratings')
    """
    return "Ratings" if name == "rating" else name.upper()


def figure(value: float | None, digits: int = 3) -> str:
    """A measure, or a dash where it cannot be said."""
    return "–" if value is None else f"{value:.{digits}f}"


def money(stake: AtStake) -> str:
    """An amount with its currency, if it has one."""
    return f"{stake.amount:,.2f} {stake.currency}".strip()


def money_of(amounts: Mapping[str, float]) -> str:
    """Amounts by currency.

    >>> money_of({"EUR": 1200.5, "": 3.0}), money_of({})
    ('1,200.50 EUR, 3.00', '–')
    """
    return ", ".join(f"{amount:,.2f} {currency}".rstrip() for currency, amount in amounts.items()) or "–"
