"""Stripe's events.

By "The Event object", "Types of events", "The Charge object", "The Subscription object" and "Supported currencies" of
the API reference. One payment makes several events (of the payment intent, the invoice, the checkout session); the
charge is among them always, and is the one that is counted. Stripe's own id of a customer is the usual way: e-mail is
in charges and customers only.
"""

from collections.abc import Iterator
from typing import Any

from processors.mapping import Event, Row, Source, amount, dated, first, needed, track
from processors.measures import number_of

# Two of the others are written with two decimals for the sake of old programs: ISK and UGX.
_WITHOUT_DECIMALS = frozenset(
    "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF".split()  # noqa: SIM905 (a list to be read)
)
_WITH_THREE = frozenset(("BHD", "JOD", "KWD", "OMR", "TND"))


def _read(event: Row) -> Iterator[Event]:
    told = _told(needed(event, "type"), event)
    if told is not None:
        name, properties = told
        yield track(name, f"stripe:{needed(event, 'id')}", dated(event, "created"), "server", **properties)


def _told(type_: str, event: Row) -> tuple[str, dict[str, Any]] | None:
    match type_:
        # A charge that is only authorized becomes one that is captured, or none.
        case "charge.succeeded" if first(event, "data.object.captured") is not False:
            return "Payment Succeeded", _paid(event, "amount", "revenue")
        case "charge.captured":
            return "Payment Succeeded", _paid(event, "amount_captured", "revenue")
        case "charge.failed":
            return "Payment Failed", {"reason": first(event, "data.object.failure_code")}
        case "charge.refunded":
            return "Order Refunded", _paid(event, "amount_refunded", "total")
        case "customer.subscription.created" if first(event, "data.object.status") == "trialing":
            return "Trial Started", {}
        case "customer.subscription.updated" if _ends_at_the_end(event):
            return "Subscription Cancellation Requested", {}
        case "customer.subscription.deleted":
            return "Subscription Cancelled", {"reason": first(event, "data.object.cancellation_details.reason")}
        case "customer.deleted":
            return "Account Deleted", {}
    return None


def _paid(event: Row, field: str, name: str) -> dict[str, Any]:
    currency = needed(event, "data.object.currency").upper()
    units = 1 if currency in _WITHOUT_DECIMALS else 1000 if currency in _WITH_THREE else 100
    # What was captured or paid back is told in total each time.
    before = number_of(first(event, f"data.previous_attributes.{field}")) or 0
    return {
        name: (amount(event, f"data.object.{field}", "data.object.amount") - before) / units,
        "currency": currency,
    }


def _ends_at_the_end(event: Row) -> bool:
    return (
        first(event, "data.object.cancel_at_period_end") is True
        and first(event, "data.previous_attributes.cancel_at_period_end") is False
    )


def _id(event: Row) -> Any:
    of_customer = str(event.get("type")) in ("customer.deleted", "customer.created", "customer.updated")
    return first(event, "data.object.id" if of_customer else "data.object.customer.id", "data.object.customer")


SOURCES = [
    Source(
        "stripe-events",
        ("API: The Event object", "API: Types of events", "Supported currencies"),
        ("id", "type", "created", "data.object", "data.previous_attributes"),
        {
            "id": _id,
            "email": lambda row: first(
                row, "data.object.billing_details.email", "data.object.receipt_email", "data.object.email"
            ),
        },
        _read,
    )
]
