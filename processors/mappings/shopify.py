"""Shopify's orders.

By "The Order resource" and "The Refund resource" of the REST Admin API, "Webhooks" (topics), and "Exporting orders to
a CSV file" of the Help Center. Shopify's own id of a customer is not in the CSV file, so e-mail is the usual way.
"""

from collections.abc import Iterator
from typing import Any

from processors.decoding import UnreadableError
from processors.instants import instant_of
from processors.mapping import Event, Row, Source, amount, dated, first, needed, objects, part, track
from schemas.rejected import RejectionCode

_NEWS = 3600.0
"""Seconds for which a refund is news: `orders/updated` tells all of an order's refunds each time."""

_TOPICS = ("orders/create", "orders/cancelled", "orders/updated")
# The topic is a header, which nobody signs. What is signed as a checkout or a draft has a price, too, and must not be
# made an order by another topic; of what is one, each topic tells only what its body says.
_WHAT, _ORDER = "admin_graphql_api_id", "gid://shopify/Order/"


def _read_order(order: Row) -> Iterator[Event]:
    # In a CSV file an order has a row for each of its items, and only the first has a total.
    if first(order, "total_price", "Total") is None and first(order, "Lineitem name") is not None:
        return
    yield _completed(order)
    if first(order, "cancelled_at", "Cancelled at") is not None:
        yield _cancelled(order)
    for refund in objects(order, "refunds"):
        yield _refunded(order, refund)


def _read_delivery(delivery: Row) -> Iterator[Event]:
    order, topic = part(delivery, "order"), first(delivery, "topic")
    if topic in _TOPICS and not needed(order, _WHAT).startswith(_ORDER):
        raise UnreadableError(RejectionCode.INVALID, f"{_WHAT}: {topic} is about an order, this is none", _WHAT)
    if topic == "orders/create":
        yield _completed(order)
    elif topic == "orders/cancelled":
        yield _cancelled(order)
    elif topic == "orders/updated":
        updated = instant_of(needed(order, "updated_at"), "updated_at").timestamp()
        for refund in objects(order, "refunds"):
            if updated - instant_of(needed(refund, "created_at"), "refunds.created_at").timestamp() <= _NEWS:
                yield _refunded(order, refund)


def _completed(order: Row) -> Event:
    return track(
        "Order Completed",
        f"shopify:order:{_id(order)}",
        dated(order, "processed_at", "created_at", "Created at"),
        "web",
        order_id=_id(order),
        revenue=amount(order, "total_price", "Total"),
        currency=_currency(order),
    )


def _cancelled(order: Row) -> Event:
    return track(
        "Order Cancelled",
        f"shopify:cancelled:{_id(order)}",
        dated(order, "cancelled_at", "Cancelled at"),
        "web",
        order_id=_id(order),
        reason=first(order, "cancel_reason"),
    )


def _refunded(order: Row, refund: Row) -> Event:
    paid_back = [
        amount(paid, "amount")
        for paid in objects(refund, "transactions")
        if paid.get("kind") == "refund" and paid.get("status") in (None, "success")
    ]
    return track(
        "Order Refunded",
        f"shopify:refund:{needed(refund, 'id')}",
        dated(refund, "processed_at", "created_at"),
        "web",
        order_id=_id(order),
        total=round(sum(paid_back), 4) if paid_back else None,
        currency=_currency(order),
    )


def _id(order: Row) -> str:
    return needed(order, "id", "Id", "Name")


def _currency(order: Row) -> Any:
    return first(order, "currency", "Currency")


_FIELDS = (
    "id", "email", "customer.id", "processed_at", "created_at", "total_price", "currency", "cancelled_at",
    "refunds", "Id", "Name", "Email", "Created at", "Total", "Currency", "Cancelled at", "Lineitem name",
)  # fmt: skip
SOURCES = [
    Source(
        "shopify-orders",
        ("REST Admin API: The Order resource", "Help Center: Exporting orders to a CSV file"),
        _FIELDS,
        {
            "email": lambda row: first(row, "email", "customer.email", "Email"),
            "id": lambda row: first(row, "customer.id"),
        },
        _read_order,
    ),
    Source(
        "shopify-deliveries",
        ("REST Admin API: The Order resource", "Webhooks: topics"),
        ("topic", "order"),
        {
            "email": lambda row: first(row, "order.email", "order.customer.email"),
            "id": lambda row: first(row, "order.customer.id"),
        },
        _read_delivery,
    ),
]
