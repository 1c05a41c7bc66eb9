"""The team of the shop: it does what alerts say, a day later, and reports it.

A call keeps whoever is fading and still there; a voucher keeps nobody. Ebbflow is told neither, and has to find out by
who stays beside those who are held out.
"""

from collections import Counter, deque
from collections.abc import Iterable
from datetime import UTC, datetime

from schemas.alert import Alert
from schemas.population import ActionsTold, ActionTold
from streams.demo.shop import Shop
from streams.demo.shopper import DAY, Event

CALL, VOUCHER = "call", "voucher"
ACTIONS = {
    CALL: {"suggestion": "Call them, and ask what would help."},
    VOUCHER: {"suggestion": "Send a voucher for the next order."},
}
"""As a policy has them."""
_AFTER = DAY


class Team:
    """Gives what happens in the shop, with what the team has done. `hear` may be called from another thread."""

    def __init__(self, shop: Shop) -> None:
        self.start = shop.start
        self._shop = shop
        self._waiting: deque[Alert] = deque()
        self._done = Counter[str]()
        self._kept = 0

    def hear(self, alerts: Iterable[Alert]) -> None:
        """Take note of what there is to do."""
        self._waiting.extend(alert for alert in alerts if alert.state == "opened" and alert.action in ACTIONS)

    def events_until(self, t: float) -> list[Event]:
        """The touchpoints of the shop after those given before, up to `t` (epoch seconds), and the team's reports."""
        events = self._shop.events_until(t)
        while self._waiting and self._waiting[0].at.timestamp() + _AFTER <= t:
            events.append(self._act(self._waiting.popleft(), t))
        return events

    def in_words(self, told: ActionsTold | None) -> tuple[str, str]:
        """What was done and what that did, beside what Ebbflow has found out of it so far."""
        calls, vouchers = self._done[CALL], self._done[VOUCHER]
        share = f" ({100 * self._kept / calls:.0f} of 100)" if calls else ""
        truth = f"{calls:,} calls kept {self._kept:,} who were fading{share}; {vouchers:,} vouchers keep nobody"
        seen = "; ".join(_seen(each) for each in told.actions) if told else ""
        return "actions", f"{truth}. Found out beside those held out: {seen or 'nothing yet'}"

    def _act(self, alert: Alert, t: float) -> Event:
        action = alert.action or ""
        self._done[action] += 1
        if action == CALL:
            self._kept += self._shop.keep(alert.customer)
        visitor = alert.customer.removeprefix("anon:")
        return {
            "messageId": f"action/{alert.id}",
            "userId" if visitor == alert.customer else "anonymousId": visitor,
            "timestamp": datetime.fromtimestamp(t, UTC).isoformat(timespec="milliseconds"),
            "type": "track",
            "event": "Action Taken",
            "properties": {"action": action},
        }


def _seen(told: ActionTold) -> str:
    if told.uplift is None or told.low is None or told.high is None:
        return f"{told.action} unknown"
    return f"{told.action} {100 * told.uplift:+.0f} points ({100 * told.low:+.0f} to {100 * told.high:+.0f})"
