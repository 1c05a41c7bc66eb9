"""An alert as a card: who, what, why, how sure, at stake, what to do, and the buttons that say what was done."""

from datetime import UTC, datetime, timedelta

from nicegui import ui
from redis.exceptions import RedisError

from schemas.handling import AlertSeen, Handled
from streams.console.desk import Desk
from streams.console.frame import el, link_to
from streams.console.words import KINDS, ago, moment, money, percent
from streams.producer import NotAcknowledgedError

_SNOOZES = (1, 7)


class AlertCard:
    """A card on a page. What the alert said stays; `show` brings what became of it up to date, under the fingers of
    whoever is on a button."""

    def __init__(self, desk: Desk, seen: AlertSeen, who: str) -> None:
        self._desk, self._name, self._who = desk, seen.id, who
        self._seen: AlertSeen | None = None
        alert = seen.alert
        with el("article", classes=f"card {alert.severity}", aria_labelledby=f"about-{seen.id}") as self.element:
            with el("div", classes="tags"):
                el("span", alert.severity, f"tag {alert.severity}")
                self._status = el("span", "", "tag")
                el("span", KINDS[alert.kind])
                el("time", ago(alert.at, desk.now()), title=f"{moment(alert.at)} UTC", datetime=alert.at.isoformat())
            el("h2", alert.summary, id=f"about-{seen.id}")
            self._details(seen)
            with el("div", classes="doing", role="group", aria_label="What becomes of it"):
                self._buttons(alert.summary)
            self._said = el("p", "", "done", role="status")
        self.show(seen)

    def show(self, seen: AlertSeen) -> None:
        """How the alert stands now."""
        if seen == self._seen:
            return
        self._seen, handling = seen, seen.handling
        self._status.set_text(seen.status)
        self._status.classes(replace=f"tag {seen.status}")
        for status, button in self._by_status.items():
            _press(button, seen.status == status)
        _press(self._useful, handling.useful is True)
        _press(self._useless, handling.useful is False)
        self._reopen.set_visibility(seen.status in ("acknowledged", "snoozed", "resolved"))
        words = []
        if handling.status != "open" and handling.at is not None:
            words.append(f"{handling.status} {ago(handling.at, datetime.now(UTC))} by {handling.by or 'somebody'}")
        if handling.until is not None:
            words.append(f"until {moment(handling.until)} UTC")
        if handling.note:
            words.append(f"“{handling.note}”")
        self._said.set_text(", ".join(words))
        self._said.classes(remove="trouble")

    def _details(self, seen: AlertSeen) -> None:
        alert, sure = seen.alert, seen.alert.sureness
        # The summary names the weightiest itself.
        more = [each.words for each in alert.reasons if each.words not in alert.summary]
        if more:
            el("p", "Because, too: " + "; ".join(more), "why")
        if alert.changes is not None:
            el("p", alert.changes.summary, "why")
        words = []
        if sure.probability is not None:
            words.append(f"{percent(sure.probability)} sure")
        if sure.outcomes:
            auc = f", AUC {sure.auc:.2f} lately" if sure.auc is not None else ""
            words.append(f"from {sure.outcomes:,} outcomes{auc}")
        if alert.at_stake is not None:
            words.append(f"{money(alert.at_stake)} at stake")
        if alert.action:
            words.append(f"action: {alert.action}")
        if words:
            el("p", " · ".join(words), "why")
        el("p", alert.suggestion, "next")
        if alert.customer:
            with el("p", "Customer: "):
                el("a", alert.customer, href=link_to(alert.customer))

    def _buttons(self, summary: str) -> None:
        self._by_status = {
            "acknowledged": self._button("Acknowledge", Handled(action="acknowledge", by=self._who)),
        }
        for days in _SNOOZES:
            words = "1 day" if days == 1 else f"{days} days"
            el("button", f"Snooze {words}", type_="button").on("click", lambda days=days: self._snooze(days))
        self._by_status["resolved"] = self._button("Resolve", Handled(action="resolve", by=self._who))
        self._useful = self._button("Useful", Handled(action="rate", by=self._who, useful=True))
        self._useless = self._button("Not useful", Handled(action="rate", by=self._who, useful=False))
        self._reopen = self._button("Reopen", Handled(action="reopen", by=self._who))

    def _button(self, name: str, handled: Handled) -> ui.element:
        async def act() -> None:
            await self._act(handled)

        return el("button", name, type_="button").on("click", act)

    async def _snooze(self, days: int) -> None:
        until = datetime.now(UTC) + timedelta(days=days)
        await self._act(Handled(action="snooze", by=self._who, until=until))

    async def _act(self, handled: Handled) -> None:
        try:
            seen = await self._desk.handle(self._name, handled)
        except (RedisError, NotAcknowledgedError):
            self._complain("That was not noted: Redis or the broker does not answer. Try again soon.")
            return
        if seen is None:
            self._complain("This alert is not kept any more.")
        else:
            self.show(seen)

    def _complain(self, words: str) -> None:
        self._seen = None
        self._said.set_text(words)
        self._said.classes("trouble")


def _press(button: ui.element, pressed: bool) -> None:
    button.props["aria-pressed"] = "true" if pressed else "false"
