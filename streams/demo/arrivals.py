"""Where the shop's visitors come from, as their browsers tell it, and what the shop spends on having them come."""

from collections.abc import Iterator
from random import Random
from typing import Any, NamedTuple

_PAGE = "https://shop.example/"


class Arrival(NamedTuple):
    """A way to the shop: how many of a hundred come by it, what the context of their first page says, what one of them
    costs (EUR), and how much likelier than others they are to go again."""

    share: float
    context: dict[str, Any]
    spend: dict[str, str] | None = None
    cost: float = 0.0
    risk: float = 1.0


ARRIVALS = (
    Arrival(30, {"page": {"url": _PAGE}}),
    Arrival(25, {"page": {"url": _PAGE, "referrer": "https://www.google.com/"}}),
    Arrival(
        18,
        {"campaign": {"source": "google", "medium": "cpc", "name": "lamps"}, "page": {"url": _PAGE}},
        {"source": "google", "medium": "cpc", "campaign": "lamps"},
        1.8,
    ),
    Arrival(
        15,
        {"campaign": {"source": "instagram", "medium": "paid_social", "name": "spring"}, "page": {"url": _PAGE}},
        {"source": "instagram", "medium": "paid_social", "campaign": "spring"},
        2.6,
        risk=1.8,
    ),
    Arrival(7, {"campaign": {"source": "newsletter", "medium": "email", "name": "monthly"}}),
    Arrival(5, {"page": {"url": _PAGE, "referrer": "https://homes.example/best-lamps"}}),
)
_SHARES = [each.share for each in ARRIVALS]


def arrive(chance: Random) -> Arrival:
    """How a newcomer comes."""
    return chance.choices(ARRIVALS, _SHARES)[0]


def spending(newcomers: float) -> Iterator[dict[str, Any]]:
    """What was spent on a day with so many newcomers: the properties of each `Marketing Spend`."""
    for each in ARRIVALS:
        if each.spend is not None:
            amount = round(each.cost * newcomers * each.share / sum(_SHARES), 2)
            yield {**each.spend, "amount": amount, "value": amount, "currency": "EUR"}
