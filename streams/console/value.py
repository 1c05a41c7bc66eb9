"""The page of value: what customers have paid, what is expected of them, and who holds how much of it."""

from datetime import datetime

from schemas.value import Value, ValueIn
from streams.console.frame import el, nothing, row, table
from streams.console.words import ago, percent

_FIGURES = ("Currency", "Customers", "Paid so far", "Still there", "Expected", "At risk", "Lifetime value")
_WORDS = (
    "Expected, and at risk, is revenue within the horizon; lifetime value is what is still to come in the long run, "
    "times the margin, discounted."
)


def value_page(told: Value | None, now: datetime) -> None:
    """Put the section on the page."""
    if told is None:
        nothing(
            "The customers have not been counted yet",
            "A worker that learns does so soon after it has started, unless policy.without has value in it.",
            "ebbflow worker",
        )
        return
    if not told.currencies:
        nothing("Nobody has paid yet", "Send orders with what they came to: Order Completed, with its revenue.")
        return
    with el("section", classes="card plain"):
        el("h2", f"{told.customers:,} customers who have paid")
        el("p", f"Counted {ago(told.at, now)}. {_WORDS}", "soft")
        with table("By currency", *_FIGURES):
            for each in told.currencies:
                row(
                    each.currency or "not said",
                    f"{each.customers:,}",
                    f"{each.to_date:,.2f}",
                    f"{each.active:,}",
                    f"{each.expected:,.2f}",
                    f"{each.at_risk:,.2f}",
                    f"{each.lifetime:,.2f}" if each.valued else "–",
                )
    for each in told.currencies:
        if each.to_date_by_tenth:
            _tenths(each)


def _tenths(each: ValueIn) -> None:
    paid, lifetime = each.to_date_by_tenth, each.lifetime_by_tenth
    with el("section", classes="card plain"):
        el("h2", f"Who holds how much of it, in {each.currency or 'orders without a currency'}")
        el("p", f"The fifth of the customers who paid most have paid {percent(sum(paid[:2]))} of it all.", "next")
        with table("Tenths of the customers, those with the most first", "Tenth", "Paid so far", "Lifetime value"):
            for place, share in enumerate(paid):
                row(f"{place + 1}", percent(share), percent(lifetime[place]) if lifetime else "–")
