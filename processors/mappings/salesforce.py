"""Salesforce's contacts.

By "Contact" of the Object Reference, whose names its data export and its APIs use. The record's Id is the usual way: a
contact's address may change.
"""

from collections.abc import Iterator

from processors.mapping import Event, Row, Source, dated, first, identify, needed

_TRAITS = {
    "email": "Email",
    "firstName": "FirstName",
    "lastName": "LastName",
    "title": "Title",
    "accountId": "AccountId",
    "leadSource": "LeadSource",
    "country": "MailingCountry",
}
_DELETED = (True, "true", "1")


def _read(contact: Row) -> Iterator[Event]:
    deleted = contact.get("IsDeleted")
    if (deleted.lower() if isinstance(deleted, str) else deleted) in _DELETED:
        return
    at = dated(contact, "LastModifiedDate", "CreatedDate")
    traits = {trait: first(contact, field) for trait, field in _TRAITS.items()}
    yield identify(f"salesforce:contact:{needed(contact, 'Id')}:{at}", at, traits)


SOURCES = [
    Source(
        "salesforce-contacts",
        ("Object Reference: Contact",),
        ("Id", *_TRAITS.values(), "LastModifiedDate", "CreatedDate", "IsDeleted"),
        {"id": lambda row: first(row, "Id"), "email": lambda row: first(row, "Email")},
        _read,
    )
]
