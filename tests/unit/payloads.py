"""What other systems export and send, shaped by the examples that their documentation prints."""

from typing import Any

ORDER = {
    "id": 450789469,
    "admin_graphql_api_id": "gid://shopify/Order/450789469",
    "email": "Bob.Norman@mail.example.com",
    "created_at": "2026-01-10T11:00:00-05:00",
    "processed_at": "2026-01-10T11:00:00-05:00",
    "updated_at": "2026-01-12T09:30:00-05:00",
    "cancelled_at": "2026-01-12T09:00:00-05:00",
    "cancel_reason": "customer",
    "currency": "USD",
    "total_price": "409.94",
    "name": "#1001",
    "customer": {"id": 207119551, "email": "bob.norman@mail.example.com"},
    "line_items": [{"id": 466157049, "title": "IPod Nano - 8gb", "price": "199.00", "quantity": 1}],
    "refunds": [
        {
            "id": 509562969,
            "order_id": 450789469,
            "created_at": "2026-01-12T09:29:00-05:00",
            "transactions": [
                {"id": 179259969, "amount": "41.94", "kind": "refund", "status": "success"},
                {"id": 179259970, "amount": "10.00", "kind": "refund", "status": "failure"},
            ],
        }
    ],
}


def stripe(type_: str, previous: dict[str, Any] | None = None, **of: Any) -> dict[str, Any]:
    return {
        "id": "evt_1NG8Du2eZvKYlo2CUI79vXWy",
        "object": "event",
        "api_version": "2025-03-31.basil",
        "created": 1767571200,
        "data": {"object": of, **({"previous_attributes": previous} if previous else {})},
        "livemode": True,
        "type": type_,
    }


CHARGE = {
    "id": "ch_3MmlLrLkdIwHu7ix0snN0B15",
    "object": "charge",
    "amount": 1099,
    "amount_captured": 1099,
    "amount_refunded": 0,
    "billing_details": {"email": "Jenny@example.com"},
    "captured": True,
    "currency": "usd",
    "customer": "cus_NffrFeUfNV2Hib",
}
SUBSCRIPTION = {"id": "sub_1MowQVLkdIwHu7ixeRlqHVzs", "object": "subscription", "customer": "cus_NffrFeUfNV2Hib"}


TICKET = {
    "id": 35436,
    "url": "https://company.zendesk.com/api/v2/tickets/35436.json",
    "created_at": "2026-01-20T22:55:29Z",
    "updated_at": "2026-01-25T05:38:23Z",
    "subject": "Help, my printer is on fire!",
    "priority": "high",
    "status": "solved",
    "type": "incident",
    "requester_id": 20978392,
    "via": {"channel": "email", "source": {"from": {"address": "Customer@example.com"}, "rel": None}},
    "satisfaction_rating": {"id": 1234, "score": "good", "comment": "Great support!"},
}


def ticket_event(type_: str, current: str | None = None) -> dict[str, Any]:
    detail = {"id": "35436", "created_at": "2026-01-20T22:55:29Z", "requester_id": "20978392", "status": "SOLVED"}
    return {
        "type": f"zen:event-type:ticket.{type_}",
        "account_id": 12514403,
        "id": "2b24ef10-19d4-4740-93cf-8f98ec4776c0",
        "time": "2026-01-21T05:33:18Z",
        "zendesk_event_version": "2022-11-06",
        "subject": "zen:ticket:35436",
        "detail": {**detail, "via": {"channel": "web"}},
        "event": {"current": current, "previous": "OPEN"} if current else {},
    }


CONVERSATION = {
    "type": "conversation",
    "id": "1911149811",
    "created_at": 1767571200,
    "updated_at": 1767657600,
    "source": {
        "type": "conversation",
        "id": "269650473",
        "delivered_as": "customer_initiated",
        "author": {"type": "user", "id": "5bc8f7ae2d96695c18a", "email": "Joe@example.com"},
    },
    "contacts": {
        "type": "contact.list",
        "contacts": [{"type": "contact", "id": "5bc8f7ae2d96695c18a", "external_id": "u-70"}],
    },
    "conversation_rating": {"rating": 5, "remark": "thanks", "created_at": 1767650000, "updated_at": 1767657600},
}


RESPONSE = {
    "form_id": "lT4Z3j",
    "token": "a3a12ec67a1365927098a606107fac15",
    "landed_at": "2026-01-18T18:07:02Z",
    "submitted_at": "2026-01-18T18:17:02Z",
    "hidden": {"user_id": "u-70"},
    "definition": {
        "id": "lT4Z3j",
        "fields": [
            {"id": "SMEUb7VJz92Q", "type": "rating", "properties": {"steps": 5}},
            {"id": "RUqkXSeXBXSd", "type": "opinion_scale", "properties": {"steps": 11}},
            {"id": "gFFf3xAkJKsr", "type": "nps", "properties": {}},
        ],
    },
    "answers": [
        {"type": "email", "email": "Lian@example.com", "field": {"id": "dVyRBRLJ0Ceu", "type": "email"}},
        {"type": "number", "number": 4, "field": {"id": "SMEUb7VJz92Q", "type": "rating"}},
        {"type": "number", "number": 8, "field": {"id": "RUqkXSeXBXSd", "type": "opinion_scale"}},
        {"type": "number", "number": 9, "field": {"id": "gFFf3xAkJKsr", "type": "nps"}},
        {"type": "text", "text": "It's cold right now!", "field": {"id": "JwWggjAKtOkA", "type": "short_text"}},
    ],
}


EXAMPLES = {
    "shopify-orders": ORDER,
    "shopify-deliveries": {"topic": "orders/create", "order": ORDER},
    "stripe-events": stripe("charge.succeeded", **CHARGE),
    "zendesk-tickets": TICKET,
    "zendesk-events": ticket_event("created"),
    "intercom-conversations": CONVERSATION,
    "typeform-responses": RESPONSE,
    "delighted-responses": {"id": "5", "person": "10", "score": 9, "created_at": 1767571200},
    "hubspot-contacts": {"id": "512", "properties": {}, "updatedAt": "2026-01-12T00:00:00.000Z"},
    "hubspot-changes": {"subscriptionType": "contact.creation", "objectId": 512, "occurredAt": 1767571200000},
    "salesforce-contacts": {"Id": "003", "LastModifiedDate": "2026-01-29T15:45:21.000+0000"},
}
