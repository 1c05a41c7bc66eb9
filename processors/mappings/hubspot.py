"""HubSpot's contacts, and the changes of contacts that its webhooks send.

By "Contacts" of the CRM API (its default properties), "Export your records" of the Knowledge Base, and "Webhooks"
(payloads) of the developers' documentation. The record id is the usual way: a contact's address may change, and is not
in a webhook.
"""

from collections.abc import Iterator
from typing import Any

from processors.mapping import Event, Row, Source, dated, first, identify, needed

_TRAITS = {
    "email": ("properties.email", "Email"),
    "firstName": ("properties.firstname", "First Name"),
    "lastName": ("properties.lastname", "Last Name"),
    "company": ("properties.company", "Company Name"),
    "title": ("properties.jobtitle", "Job Title"),
    "lifecycleStage": ("properties.lifecyclestage", "Lifecycle Stage"),
}
_TRAIT_OF = {fields[0].removeprefix("properties."): trait for trait, fields in _TRAITS.items()}
_CONTACT = "0-1"
_UPDATED = ("updatedAt", "properties.lastmodifieddate", "Last Modified Date", "createdAt", "Create Date")


def _read_contact(contact: Row) -> Iterator[Event]:
    at = dated(contact, *_UPDATED)
    traits = {trait: first(contact, *fields) for trait, fields in _TRAITS.items()}
    yield identify(f"hubspot:contact:{_id(contact)}:{at}", at, traits)


def _read_change(change: Row) -> Iterator[Event]:
    type_ = needed(change, "subscriptionType")
    # Newer subscriptions name the sort of the object apart from what happened to it.
    of_contact = type_.startswith("contact.") or first(change, "objectTypeId") == _CONTACT
    if not of_contact or type_.partition(".")[2] not in ("creation", "propertyChange"):
        return
    at = dated(change, "occurredAt")
    property_ = str(first(change, "propertyName") or "")
    # The id of an event is not unique, the documentation says: with what it is about and when, it is.
    id_ = f"hubspot:{type_}:{needed(change, 'objectId')}:{property_}:{needed(change, 'occurredAt')}"
    yield identify(id_, at, {_TRAIT_OF.get(property_, property_): first(change, "propertyValue")} if property_ else {})


def _id(contact: Row) -> Any:
    return first(contact, "id", "properties.hs_object_id", "Record ID", "Record ID - Contact")


_FIELDS = (
    "id", "properties", "createdAt", "updatedAt", "Record ID", "Email", "First Name", "Last Name",
    "Company Name", "Job Title", "Lifecycle Stage", "Create Date", "Last Modified Date",
)  # fmt: skip
SOURCES = [
    Source(
        "hubspot-contacts",
        ("CRM API: Contacts", "Knowledge Base: Export your records"),
        _FIELDS,
        {"id": _id, "email": lambda row: first(row, *_TRAITS["email"])},
        _read_contact,
    ),
    Source(
        "hubspot-changes",
        ("Webhooks: payloads",),
        ("subscriptionType", "objectTypeId", "objectId", "propertyName", "propertyValue", "occurredAt"),
        {"id": lambda row: first(row, "objectId")},
        _read_change,
    ),
]
