"""When to try a delivery again, and when not to."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum

FIRST_WAIT, LONGEST_WAIT = 1.0, 900.0
"""Seconds between the first tries, and at most between later ones."""
LONGEST_REST = 120.0
"""Seconds at most between two looks whether a dead endpoint is back."""
LONGEST_ASKED = 3600.0
"""Seconds that a receiver may ask us to wait at most."""
FEW_TRIES = 3
"""Tries of what is refused: it may be a deployment gone wrong for a moment, and hardly ever is."""

_TRY_AGAIN = frozenset((408, 425, 429))


class Verdict(Enum):
    """What became of a try."""

    DELIVERED = "delivered"
    AGAIN = "again"
    """The receiver is in trouble, or busy: it will work one day."""
    REFUSED = "refused"
    """The receiver does not want it, and hardly will."""


def judge(status: int) -> Verdict:
    """What an HTTP status means. A redirect is not followed: the URL is wrong, or somebody leads us astray."""
    if 200 <= status < 300:
        return Verdict.DELIVERED
    return Verdict.AGAIN if status >= 500 or status in _TRY_AGAIN else Verdict.REFUSED


def wait_before(tries: int, jitter: float) -> float:
    """Seconds to wait after so many tries in vain: twice as long each time, less up to a half by `jitter` (0 to 1), so
    that what failed together does not come back together."""
    return float(min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** min(tries - 1, 30)) * (1.0 - jitter / 2.0))


def rest_before(looks: int, jitter: float) -> float:
    """The same between two looks at an endpoint that is dead."""
    return min(LONGEST_REST, wait_before(looks, jitter))


def asked_to_wait(headers: Mapping[str, str], now: float) -> float:
    """Seconds that `Retry-After` asks for, as a number or a date; none if it does not, or cannot be read."""
    said = headers.get("retry-after", "").strip()
    if said.isascii() and said.isdigit():
        return min(LONGEST_ASKED, float(said[:9]))
    try:
        at = parsedate_to_datetime(said)
    except ValueError:
        return 0.0
    seconds = (at if at.tzinfo else at.replace(tzinfo=UTC)) - datetime.fromtimestamp(now, UTC)
    return min(LONGEST_ASKED, max(0.0, seconds.total_seconds()))
