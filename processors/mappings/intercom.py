"""Intercom's conversations.

By "The conversation model", "Conversation source", "Conversation rating" and "Contact reference" of the REST API.
Intercom's own id of a contact is the usual way; `external` is the id by which the business knows the contact.
"""

from collections.abc import Iterator
from typing import Any

from processors.mapping import Event, Row, Source, dated, first, needed, objects, track

_OF_CUSTOMERS = ("user", "lead", "contact")


def _read(conversation: Row) -> Iterator[Event]:
    id_ = needed(conversation, "id")
    # What the business began is no visit of the customer, until it is answered.
    if first(conversation, "source.author.type") in _OF_CUSTOMERS:
        yield track(
            "Live Chat Conversation Started",
            f"intercom:conversation:{id_}",
            dated(conversation, "created_at"),
            "email" if first(conversation, "source.type") == "email" else "chat",
            conversation_id=id_,
        )
    rating = first(conversation, "conversation_rating.rating")
    if rating is not None:
        yield track(
            "CSAT Submitted",
            f"intercom:rating:{id_}",
            dated(conversation, "conversation_rating.updated_at", "conversation_rating.created_at"),
            "survey",
            conversation_id=id_,
            rating=rating,
        )


def _contact(conversation: Row) -> Row:
    return next(iter(objects(conversation, "contacts.contacts", "contacts")), {})


def _email(conversation: Row) -> Any:
    by_customer = first(conversation, "source.author.type") in _OF_CUSTOMERS
    return first(conversation, "source.author.email") if by_customer else None


SOURCES = [
    Source(
        "intercom-conversations",
        ("REST API: The conversation model", "REST API: Conversation rating", "REST API: Contact reference"),
        ("id", "created_at", "source", "contacts", "conversation_rating"),
        {
            "id": lambda row: first(_contact(row), "id"),
            "external": lambda row: first(_contact(row), "external_id"),
            "email": _email,
        },
        _read,
    )
]
