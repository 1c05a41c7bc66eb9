"""The page of customers: whom to look at first, by several orders, and of some segments alone."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Self, get_args
from urllib.parse import urlencode

from processors.roster import Wanted
from schemas.roster import Listed, Order, Roster, Standing
from schemas.segments import Segments
from streams.console.desk import Desk
from streams.console.frame import cell, el, link_to, nothing, select, table
from streams.console.words import ago, figure, percent
from streams.store.roster import PLACE

_ORDERS: dict[Order, str] = {
    "churn_risk": "churn risk",
    "at_risk": "value at risk",
    "value": "value expected",
    "engagement": "engagement expected",
    "last_seen": "last seen",
}
_SHOWN = 50
_HEADINGS = ("Customer", "Churn risk", "At risk", "Expected", "Engagement", "Paid", "Last seen", "Segments")


@dataclass(frozen=True)
class Asked:
    """Which customers are asked for, and in what order."""

    order: Order
    segment: str
    status: str
    after: str

    @classmethod
    def of(cls, order: str, segment: str, status: str, after: str) -> Self:
        """As the address says; what makes no sense there counts as not said."""
        known: Order = next((each for each in get_args(Order) if each == order), "churn_risk")
        return cls(
            known,
            segment,
            status if status in get_args(Standing) else "",
            after if re.match(PLACE, after) else "",
        )

    @property
    def wanted(self) -> Wanted:
        """Which those are."""
        return Wanted(segments=(self.segment,) if self.segment else (), status=(self.status,) if self.status else ())

    def address(self, after: str) -> str:
        """Where the page after a place is."""
        said = {"order": self.order, "segment": self.segment, "status": self.status, "after": after}
        return "/customers?" + urlencode({name: value for name, value in said.items() if value})


async def roster_page(desk: Desk, asked: Asked) -> None:
    """Put the customers on the page."""
    found = await desk.roster(asked.order, asked.wanted, asked.after or None, _SHOWN)
    if found is None:
        nothing(
            "The customers have not been listed yet",
            "A worker that learns does so soon after it has started, and again and again.",
            "ebbflow worker",
        )
        return
    segments = await desk.section("segments", Segments)
    names = {each.name: each.name for each in segments.segments} if segments is not None else {}
    if asked.segment:
        names.setdefault(asked.segment, asked.segment)
    with el("form", classes="filters", method="get", action="/customers"):
        select("order", "By", {str(name): words for name, words in _ORDERS.items()}, asked.order, unchosen="")
        select("segment", "Segment", names, asked.segment)
        select("status", "Status", {each: each for each in get_args(Standing)}, asked.status)
        el("button", "Show", type_="submit")
    if not found.rows:
        _nobody(found, asked)
    else:
        _rows(found, asked, desk.now())
    with el("p", classes="tags"):
        if asked.after:
            el("a", "From the first", href=asked.address(""))
        if found.next is not None:
            el("a", f"The next {_SHOWN}" if found.rows else "Look further", href=asked.address(found.next))


def _nobody(found: Roster, asked: Asked) -> None:
    if not found.customers:
        nothing(
            "No customers yet",
            "They are listed once touchpoints of theirs have come in. Send some, or replay a history that you have:",
            "ebbflow replay orders.csv --customer customer_id --time date",
        )
    elif found.next is not None:
        nothing("No such customers so far", "A page looks at some thousands of them in this order, and there are more.")
    elif asked.after:
        nothing("There are no more", "The list may have changed meanwhile: begin from the first.")
    else:
        nothing("There are no such customers", "Choose another segment, or another status, above.")


def _rows(found: Roster, asked: Asked, now: datetime) -> None:
    words = f"By {_ORDERS[asked.order]}, of {found.customers:,} customers. As they were {ago(found.at, now)}."
    el("p", words, "soft")
    with el("section", classes="card plain"), table("Customers, in this order", *_HEADINGS):
        for each in found.rows:
            with el("tr"):
                with el("th", scope="row"):
                    el("a", each.customer, href=link_to(each.customer))
                for said in _cells(each, now):
                    cell(said)


def _cells(each: Listed, now: datetime) -> tuple[str, ...]:
    return (
        percent(each.churn_risk),
        _money(each.at_risk, each.currency),
        _money(each.value, each.currency),
        figure(each.engagement, 1),
        _money(each.revenue, each.currency),
        ago(each.last_seen, now),
        ", ".join(each.segments) or each.status,
    )


def _money(amount: float | None, currency: str) -> str:
    return "–" if amount is None else f"{amount:,.2f} {currency}".strip()
