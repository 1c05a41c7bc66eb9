"""A log is lived through once more, on its own clock: every customer takes the same steps as live, also those that only
their timers ask for."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from heapq import heappop, heappush

from processors.advance import Step, advance
from processors.budget import Budget
from processors.models import Models, NoModels
from schemas.policy import Policy
from schemas.profile import Profile
from schemas.touch import Touch


class Living:
    """All customers of a log so far: their `profiles`, and the `models` that score them, which may be changed on the
    way. `heard` is told what came of each step."""

    def __init__(self, policy: Policy, heard: Callable[[Step], None], models: Models | None = None) -> None:
        self.profiles: dict[str, Profile] = {}
        self.models: Models = models or NoModels()
        self._policy, self._heard = policy, heard
        self._budget = Budget() if policy.churn_alerts_per_day else None
        self._timers: list[tuple[float, str]] = []

    def take(self, touches: Iterable[Touch], now: float) -> None:
        """What came at `now` (epoch seconds), which is never earlier than before, after all that timers ask for until
        then."""
        self.wait(now)
        together = defaultdict[str, list[Touch]](list)
        for touch in touches:
            together[touch.customer].append(touch)
        for customer, theirs in together.items():
            self._step(customer, theirs, now)

    def wait(self, until: float) -> None:
        """Look at everyone whose timer comes, in the order of time."""
        while self._timers and self._timers[0][0] <= until:
            due, customer = heappop(self._timers)
            if self.profiles[customer].judgements.timer == due:
                self._step(customer, (), due)

    def _step(self, customer: str, touches: Sequence[Touch], now: float) -> None:
        before = self.profiles.get(customer) or Profile(customer)
        step = advance(before, touches, now, self.models, self._policy, self._budget)
        self.profiles[customer] = step.profile
        timer = step.profile.judgements.timer
        if timer and (timer != before.judgements.timer or not touches):
            heappush(self._timers, (timer, customer))
        self._heard(step)
