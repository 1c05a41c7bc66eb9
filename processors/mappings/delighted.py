"""Delighted's survey responses.

By "Listing survey responses" and "Adding survey responses" of the API documentation. The person's id is the usual way;
the address is there when persons were asked to be expanded.
"""

from collections.abc import Iterator

from processors.mapping import Event, Row, Source, amount, dated, first, needed, track

_EVENTS = {"nps": "NPS Submitted", "csat": "CSAT Submitted", "ces": "CES Submitted"}


def _read(response: Row) -> Iterator[Event]:
    id_, type_ = needed(response, "id"), str(first(response, "survey_type") or "nps").lower()
    yield track(
        _EVENTS.get(type_, "Survey Answered"),
        f"delighted:{id_}",
        dated(response, "created_at"),
        "survey",
        # What the numbers of other surveys mean, the documentation does not say.
        score=amount(response, "score") if type_ in _EVENTS else None,
        survey_type=type_,
    )


SOURCES = [
    Source(
        "delighted-responses",
        ("API: Listing survey responses", "API: Adding survey responses"),
        ("id", "person", "survey_type", "score", "created_at"),
        {"id": lambda row: first(row, "person.id", "person"), "email": lambda row: first(row, "person.email")},
        _read,
    )
]
