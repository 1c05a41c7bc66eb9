"""The touchpoints that every benchmark sends: what a shop's site says of its customers, some 600 bytes each."""

import json
import random
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import NamedTuple

CUSTOMERS = 20_000

# How often each is seen. Someone leaves now and then, so that alerts are a part of the work.
_EVENTS = {
    "Product Viewed": 480,
    "Signed In": 160,
    "Product Added": 120,
    "Email Opened": 100,
    "Products Searched": 60,
    "Order Completed": 49,
    "Ticket Created": 20,
    "Product Reviewed": 10,
    "Account Deleted": 1,
}
_CONTEXT = {
    "page": {"url": "https://shop.example/garden/furniture/benches?sort=price", "referrer": "https://search.example/"},
    "library": {"name": "analytics.js", "version": "2.11.1"},
    "userAgent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36",
    "locale": "en-GB",
    "timezone": "Europe/Berlin",
}


class Sent(NamedTuple):
    """One record of the touchpoints topic; `at` is both its own time and its touchpoint's, in epoch seconds."""

    customer: str
    at: float
    value: bytes


def popular(count: int, chance: random.Random, customers: int = CUSTOMERS) -> Iterator[str]:
    """Customers as often as they come: Zipf, with a head that is no single customer's.

    4,000 in a row that share one of eight partitions are some 1,000 customers.
    """
    weights = [1 / (rank + customers / 2_000) for rank in range(customers)]
    return (name_of(number) for number in chance.choices(range(customers), weights, k=count))


def name_of(number: int) -> str:
    """What a customer is called."""
    return f"user-{number:07d}"


def touchpoints(
    customers: Iterable[str], chance: random.Random, every: float = 0.02, begin: float | None = None
) -> Iterator[Sent]:
    """Something that each of these customers does in turn, so many seconds apart; the first of them at `begin`,
    which is an hour or two ago unless it is said."""
    at = time.time() - 7_200 if begin is None else begin
    events, weights = list(_EVENTS), list(_EVENTS.values())
    for customer in customers:
        yield Sent(customer, at, message(customer, chance.choices(events, weights)[0], at, chance))
        at += every


def message(customer: str, event: str, at: float, chance: random.Random) -> bytes:
    """One touchpoint, in Segment's form."""
    return json.dumps(
        {
            "type": "track",
            "event": event,
            "messageId": f"{chance.getrandbits(128):032x}",
            "userId": customer,
            "timestamp": datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds"),
            "properties": _properties(event, chance),
            "context": _CONTEXT,
        }
    ).encode()


def _properties(event: str, chance: random.Random) -> dict[str, object]:
    price = chance.randrange(500, 20_000) / 100
    found: dict[str, object] = {"sku": f"s{chance.randrange(5_000)}", "category": "Garden", "currency": "EUR"}
    if event == "Order Completed":
        return found | {"revenue": price, "order_id": f"{chance.getrandbits(32):08x}"}
    return found | ({"rating": chance.randint(1, 5)} if event == "Product Reviewed" else {"price": price})
