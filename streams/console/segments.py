"""The page of segments: how many customers stand in each, what they are worth, and how they move between them."""

from datetime import datetime
from typing import get_args
from urllib.parse import urlencode

from schemas.segments import NEWCOMERS, By, Segments, SegmentSize
from streams.console.charts import moves_chart
from streams.console.frame import cell, el, nothing, row, table
from streams.console.words import ago, percent

_TITLES: dict[By, tuple[str, str]] = {
    "lifecycle": (
        "Lifecycle",
        "Where customers are in their life as customers.",
    ),
    "rfm": ("Recency, frequency, money", "How recently, how often and for how much they bought, by fifths of all."),
    "cluster": ("Behaviour", "Groups of active customers who behave alike, named by what sets them apart."),
    "own": ("Your own", "As ebbflow.toml defines them, in policy.segments."),
}
_NONE: dict[By, str] = {
    "cluster": "No groups stand apart, or fewer than 500 outcomes are known yet.",
    "own": 'There are none. An expression makes one: vip = "revenue > 1000 and recency < 30", under [policy.segments].',
}
_TOO_FEW = "Nobody stands in any of them yet: it takes 25 customers to divide them into fifths."
_HEADINGS = ("Segment", "Customers", "Share", "Mean risk", "Expected", "Paid so far", "Came", "Moved on")


def segments_page(told: Segments | None, now: datetime) -> None:
    """Put the section on the page."""
    if told is None:
        nothing(
            "The customers have not been counted yet",
            "A worker that learns does so soon after it has started, and again and again. Unless policy.without has"
            " turned segments off.",
            "ebbflow worker",
        )
        return
    if not told.customers:
        nothing(
            "No customers yet",
            "They stand in segments once touchpoints of theirs have come in. Send some, or replay a history:",
            "ebbflow replay orders.csv --customer customer_id --time date",
        )
        return
    el("p", f"{told.customers:,} customers, counted {ago(told.at, now)}. Moves are those of the last 30 days.", "soft")
    for by in get_args(By):
        sizes = [each for each in told.segments if each.by == by]
        if sizes or by in _NONE:
            _way(by, sizes, told)


def _way(by: By, sizes: list[SegmentSize], told: Segments) -> None:
    title, words = _TITLES[by]
    with el("section", classes="card plain"):
        el("h2", title)
        el("p", words, "soft")
        if not any(each.customers for each in sizes):
            el(
                "p",
                _NONE.get(by, "Nobody stands in any of them yet: it takes 25 customers to divide them into fifths."),
            )
            if by != "own":
                return
        if sizes:
            _sizes(title, sizes)
        moves = [(each.source, each.target, each.customers) for each in told.moves if each.by == by]
        if moves:
            el("h3", "How they moved")
            moved = (name for source, target, _ in moves for name in (source, target))
            moves_chart(moves, [*dict.fromkeys((NEWCOMERS, *(each.name for each in sizes), *moved))])
            with el("details"):
                el("summary", "As a table")
                with table(f"Moves: {title}", "From", "To", "Customers"):
                    for source, target, count in moves:
                        row(source, target, f"{count:,}")


def _sizes(title: str, sizes: list[SegmentSize]) -> None:
    everybody = sum(each.customers for each in sizes)
    with table(f"Sizes: {title}", *_HEADINGS):
        for each in sizes:
            with el("tr"):
                with el("th", scope="row"):
                    el("a", each.name, href="/customers?" + urlencode({"segment": each.name}))
                for said in (
                    f"{each.customers:,}",
                    percent(each.customers / everybody if everybody and each.by != "own" else None),
                    percent(each.risk),
                    _money(each.expected),
                    _money(each.revenue),
                    f"{each.entered:,}",
                    f"{each.departed:,}",
                ):
                    cell(said)


def _money(amounts: dict[str, float]) -> str:
    return ", ".join(f"{amount:,.2f} {currency}".strip() for currency, amount in amounts.items()) or "–"
