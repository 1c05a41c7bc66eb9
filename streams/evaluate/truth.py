"""What really happened: the log itself says who stayed, and what anyone could have seen before."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import NamedTuple

from processors.decay import DAY
from schemas.kinds import MEANINGFUL
from schemas.policy import Policy
from schemas.touch import Touch


class Moment(NamedTuple):
    """A customer at a moment. Before it: active days, and seconds of silence. After it, within the horizon: meaningful
    touchpoints, and what was paid."""

    active_days: int
    silence: float
    touchpoints: int
    revenue: float

    @property
    def churned(self) -> bool:
        """Whether no meaningful touchpoint came."""
        return self.touchpoints == 0


class Truth:
    """The meaningful touches of a log, by customer. The touches are in the order of time."""

    def __init__(self, touches: Iterable[Touch], policy: Policy) -> None:
        self._horizon, self._activity = policy.seconds.horizon, policy.seconds.activity
        times, amounts = defaultdict[str, list[float]](list), defaultdict[str, list[float]](list)
        self.currencies: set[str] = set()
        for touch in touches:
            if touch.kind not in MEANINGFUL:
                continue
            times[touch.customer].append(touch.at)
            amounts[touch.customer].append(touch.amount or 0.0)
            if touch.amount is not None:
                self.currencies.add(touch.currency)
        self._times = dict(times)
        self._paid = {customer: [0.0, *accumulate(theirs)] for customer, theirs in amounts.items()}
        self._days = {customer: _days(theirs) for customer, theirs in times.items()}

    def at(self, at: float) -> dict[str, Moment]:
        """Everyone with a meaningful touch within the activity window before `at` (epoch seconds)."""
        found = {}
        for customer, times in self._times.items():
            before = bisect_right(times, at)
            if not before or times[before - 1] <= at - self._activity:
                continue
            after, paid = bisect_right(times, at + self._horizon), self._paid[customer]
            found[customer] = Moment(
                self._days[customer][before - 1], at - times[before - 1], after - before, paid[after] - paid[before]
            )
        return found


def _days(times: Sequence[float]) -> list[int]:
    """The number of different days up to each of the times."""
    counts: list[int] = []
    known = -1.0
    for at in times:
        counts.append((counts[-1] if counts else 0) + (at // DAY != known))
        known = at // DAY
    return counts
