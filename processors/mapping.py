"""What a mapping is: how the rows that a source exports, or what its webhooks carry, are told as touchpoints.

A mapping is one module in `processors.mappings`, found there by itself. It lists `SOURCES`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from processors.decoding import UnreadableError
from processors.instants import instant_of
from processors.measures import number_of
from schemas.rejected import RejectionCode

Row = Mapping[str, Any]
Event = dict[str, Any]
"""A touchpoint in Segment's words, without its customer."""


@dataclass(frozen=True)
class Source:
    """Rows of one shape. `documents` are the titles of the pages that say what is in them, `fields` what is read.

    `customers` finds the customer in a row, by the ways in which one can be named there, the usual way first: `id` is
    the source's own id, which is told as `name:id` since two sources may give one number to two people; `email` is
    told in small letters; `external` is the business's own id, told as it is.
    """

    name: str
    documents: tuple[str, ...]
    fields: tuple[str, ...]
    customers: Mapping[str, Callable[[Row], Any]]
    read: Callable[[Row], Iterable[Event]]

    def touchpoints(self, row: Row, by: str | None = None) -> Iterator[dict[str, Any]]:
        """What a row tells, of the customer as named `by`; nothing, if it is of a sort that is not mapped.

        Raises:
            UnreadableError: if the row lacks what it should have, and says what.
        """
        for event in self.read(row):
            yield {**event, "userId": self._customer(row, by or next(iter(self.customers)))}

    def _customer(self, row: Row, by: str) -> str:
        found = self.customers[by](row)
        if not isinstance(found, str | int) or isinstance(found, bool) or not str(found).strip():
            others = " or ".join(other for other in self.customers if other != by)
            instead = f": name customers by {others}, or leave it" if others else ""
            raise UnreadableError(RejectionCode.INVALID, f"the row has no {by} of a customer{instead}", "userId")
        said = str(found).strip()
        # `shopify-orders` and `shopify-deliveries` are one source, with one set of ids.
        return {"id": f"{self.name.partition('-')[0]}:{said}", "email": said.lower()}.get(by, said)


def first(row: Row, *names: str) -> Any:
    """The first of these fields that says something. A dot leads into an object: `customer.id`."""
    for name in names:
        value: Any = row.get(name)
        if value in (None, "") and "." in name:
            value = row
            for part in name.split("."):
                value = value.get(part) if isinstance(value, Mapping) else None
        if value not in (None, ""):
            return value
    return None


def needed(row: Row, *names: str) -> str:
    """As `first`, as text; raises `UnreadableError` if there is none."""
    value = first(row, *names)
    if value is None or isinstance(value, Mapping | list | bool):
        raise UnreadableError(RejectionCode.INVALID, f"{' or '.join(names)} is missing", names[0])
    return str(value).strip()


def dated(row: Row, *names: str) -> str:
    """As `needed`, a date as it travels; raises `UnreadableError` if it is none."""
    return instant_of(needed(row, *names), names[0]).isoformat()


def amount(row: Row, *names: str) -> float:
    """As `needed`, a number; raises `UnreadableError` if it is none."""
    number = number_of(said := needed(row, *names))
    if number is None:
        raise UnreadableError(RejectionCode.INVALID, f"{said[:80]!r} is no amount: write 12.50", names[0])
    return number


def part(row: Row, name: str) -> Row:
    """The object in a field; an empty one, if there is none."""
    found = first(row, name)
    return found if isinstance(found, Mapping) else {}


def objects(row: Row, *names: str) -> list[Row]:
    """The objects of a list among the fields; none, if there is no such list."""
    found = first(row, *names)
    return [item for item in found if isinstance(item, Mapping)] if isinstance(found, list) else []


def track(event: str, message_id: str, at: str, channel: str, **properties: Any) -> Event:
    """Something that happened; properties that say nothing are left out."""
    return {
        "type": "track",
        "event": event,
        "messageId": message_id,
        "timestamp": at,
        "properties": {name: value for name, value in properties.items() if value is not None},
        "context": {"channel": channel},
    }


def identify(message_id: str, at: str, traits: Row) -> Event:
    """Who somebody is, as a CRM knows it; traits that say nothing are left out."""
    return {
        "type": "identify",
        "messageId": message_id,
        "timestamp": at,
        "traits": {name: value for name, value in traits.items() if value not in (None, "")},
        "context": {"channel": "crm"},
    }
