"""How much each write key, or sender of webhooks, may send: so many touchpoints a second, and some seconds' at once."""

import math
import time
from collections.abc import Callable

from streams.gateway.refusal import Refusal

BURST = 10.0
"""Seconds whose touchpoints may come at once."""
_ROUNDING = 1e-6


class Rates:
    """What the keys have left, in this gateway process; each of several gateways counts for itself."""

    def __init__(self, per_second: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_second, self._clock = per_second, clock
        self._left: dict[str, tuple[float, float]] = {}

    def spend(self, key: str, touchpoints: int) -> None:
        """Take so many from what a key has left; raises `Refusal` (429) if it is too little.

        A batch larger than a whole burst passes when nothing was sent for that long, and is made up for afterwards.
        """
        if not self._per_second:
            return
        burst, now = max(self._per_second * BURST, 1.0), self._clock()
        left, then = self._left.get(key, (burst, now))
        left = min(left + (now - then) * self._per_second, burst)
        missing = min(touchpoints, burst) - left
        if missing > _ROUNDING:
            wait = max(math.ceil(missing / self._per_second), 1)
            raise Refusal(
                429,
                "too_many",
                f"at most {self._per_second:g} touchpoints a second are taken in of each sender",
                f"nothing was taken in: send it again in {wait} s",
                {"Retry-After": str(wait)},
            )
        self._left[key] = (left - touchpoints, now)

    def give_back(self, key: str, touchpoints: int) -> None:
        """Return what was spent on a request that came to nothing by our own fault.

        No more than was spent and never above a burst: in all, a key gets what its rate allows. What other requests
        would have lost to a full burst in the meantime is not worked out again.
        """
        if self._per_second:
            left, then = self._left[key]
            self._left[key] = (left + touchpoints, then)
