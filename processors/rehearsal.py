"""A rehearsal of the user's own rules: a log is lived through, to tell what alerts they would have raised."""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from processors.advance import Step
from processors.living import Living
from processors.models import Models
from schemas.alert import AlertKind
from schemas.policy import Policy
from schemas.touch import Touch


class Raised(NamedTuple):
    """An alert that a rule would have opened, at `at` (epoch seconds)."""

    at: float
    rule: str
    customer: str
    summary: str


class Rehearsal:
    """Of the rules of a policy, with these models. `raised` are the alerts that would have opened, as they came;
    `touchpoints` is how many were taken, `ends` the time of the last one."""

    def __init__(self, policy: Policy, models: Models) -> None:
        self.raised: list[Raised] = []
        self.touchpoints, self.ends = 0, 0.0
        self._living = Living(policy, self._hear, models)

    def take(self, touches: Iterable[Touch], now: float) -> None:
        """What came at `now` (epoch seconds)."""
        touches = list(touches)
        self._living.take(touches, now)
        self.touchpoints += len(touches)
        self.ends = now

    def over(self) -> "Rehearsal":
        """The rehearsal, when all has come."""
        self._living.wait(self.ends)
        self._living.profiles.clear()
        return self

    def _hear(self, step: Step) -> None:
        self.raised += [
            Raised(alert.at.timestamp(), alert.about or "", alert.customer, alert.summary)
            for alert in step.alerts
            if alert.kind is AlertKind.RULE_MATCHED and alert.state == "opened"
        ]


def counted(raised: Iterable[Raised]) -> dict[str, tuple[int, int]]:
    """How many alerts each rule would have opened, and of how many customers."""
    alerts, customers = Counter[str](), dict[str, set[str]]()
    for each in raised:
        alerts[each.rule] += 1
        customers.setdefault(each.rule, set()).add(each.customer)
    return {rule: (count, len(customers[rule])) for rule, count in alerts.items()}
