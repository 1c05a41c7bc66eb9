"""The page of alerts: the newest first, live."""

from dataclasses import dataclass
from typing import get_args

from nicegui import ui
from redis.exceptions import RedisError

from schemas.alert import Severity
from schemas.handling import AlertSeen, Status
from streams.console.card import AlertCard
from streams.console.desk import LOOKED_THROUGH, Desk
from streams.console.frame import el, nothing, select
from streams.console.words import KINDS

_EVERY = 2.0
_SHOWN = 30


@dataclass(frozen=True)
class Choice:
    """Which alerts are asked for; what is empty is any."""

    kind: str = ""
    severity: str = ""
    status: str = ""

    def has(self, seen: AlertSeen) -> bool:
        """Whether an alert is one of them."""
        alert = seen.alert
        return (
            self.kind in ("", alert.kind) and self.severity in ("", alert.severity) and self.status in ("", seen.status)
        )


class AlertsPage:
    """The alerts of a choice. While somebody points at one, or has the keyboard on it, none is put above it."""

    def __init__(self, desk: Desk, who: str, choice: Choice) -> None:
        self._desk, self._who, self._choice = desk, who, choice
        self._cards: dict[str, AlertCard] = {}
        self._busy = False

    async def build(self) -> None:
        """Put it on the page, and keep it up to date for as long as that is open."""
        self._filters()
        with el("div", classes="live"):
            self._state = el("p", "", "soft", role="status")
            self._more = el("button", "", "main", type_="button").on("click", self._show_new)
        self._list = el("section", classes="cards", aria_label="Alerts, the newest first")
        self._list.on("mouseenter", self._hold).on("mouseleave", self._let_go)
        self._list.on("focusin", self._hold, js_handler="() => emit()")
        self._list.on(
            "focusout", self._let_go, js_handler="(e) => { if (!e.currentTarget.contains(e.relatedTarget)) emit() }"
        )
        with el("div") as self._empty:
            if self._choice == Choice():
                nothing(
                    "No alerts yet",
                    "They open by themselves once touchpoints come in and the models have seen enough outcomes."
                    " Send some, replay a history that you have, or watch a simulated shop:",
                    "ebbflow demo",
                )
            else:
                nothing(
                    "No such alerts",
                    f"None of the newest {LOOKED_THROUGH:,} is like that. Choose something else above.",
                )
        await self._refresh()
        ui.timer(_EVERY, self._refresh)

    def _filters(self) -> None:
        kinds = {kind.value: words for kind, words in KINDS.items()}
        with el("form", classes="filters", method="get", action="/"):
            select("kind", "Kind", kinds, self._choice.kind)
            select("severity", "Severity", {each: each for each in get_args(Severity)}, self._choice.severity)
            select("status", "Status", {each: each for each in get_args(Status)}, self._choice.status)
            el("button", "Show", type_="submit")

    async def _refresh(self) -> None:
        try:
            found = await self._desk.newest()
        except RedisError:
            self._state.set_text("Redis does not answer: what stands here may be old. Trying again ...")
            self._state.classes("trouble")
            return
        self._state.classes(remove="trouble")
        by_id = {seen.id: seen for seen in found}
        for name, card in self._cards.items():
            if name in by_id:
                card.show(by_id[name])
        wanted = [seen for seen in found if self._choice.has(seen)][:_SHOWN]
        new = sum(seen.id not in self._cards for seen in wanted)
        if not self._busy or not self._cards:
            self._arrange(wanted)
            new = 0
        self._more.set_text(f"Show {new} new")
        self._more.set_visibility(new > 0)
        count = len(self._cards)
        self._state.set_text(f"Live. The newest {count}." if count else "Live.")
        self._empty.set_visibility(not count)

    def _arrange(self, wanted: list[AlertSeen]) -> None:
        names = {seen.id for seen in wanted}
        for name in [name for name in self._cards if name not in names]:
            self._cards.pop(name).element.delete()
        for place, seen in enumerate(wanted):
            if seen.id not in self._cards:
                with self._list:
                    card = AlertCard(self._desk, seen, self._who)
                card.element.move(self._list, place)
                self._cards[seen.id] = card

    def _hold(self) -> None:
        self._busy = True

    def _let_go(self) -> None:
        self._busy = False

    async def _show_new(self) -> None:
        self._busy = False
        await self._refresh()
