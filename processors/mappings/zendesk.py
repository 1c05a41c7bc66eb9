"""Zendesk's tickets, and the events of tickets that its webhooks send.

By "Tickets" (ticket JSON, the via object, satisfaction rating) of the Ticketing API, and "Webhook event types" and
"Ticket events" of the Webhooks API. The requester's id is the usual way; the address is known of tickets that came by
e-mail.
"""

from collections.abc import Iterator

from processors.mapping import Event, Row, Source, dated, first, needed, part, track

_CHANNELS = {
    "email": "email",
    "web": "web",
    "chat": "chat",
    "native_messaging": "chat",
    "voice": "phone",
    "facebook": "social",
    "twitter": "social",
    "mobile_sdk": "mobile",
    "mobile": "mobile",
}
_RATINGS = {"good": 1, "bad": 0}
_CREATED, _STATUS = "zen:event-type:ticket.created", "zen:event-type:ticket.status_changed"


def _read_ticket(ticket: Row) -> Iterator[Event]:
    yield _created(ticket)
    score = _RATINGS.get(str(first(ticket, "satisfaction_rating.score")))
    if score is not None:
        id_ = needed(ticket, "id")
        yield track(
            "Rating Given",
            f"zendesk:rating:{first(ticket, 'satisfaction_rating.id') or id_}",
            dated(ticket, "updated_at", "created_at"),
            "survey",
            ticket_id=id_,
            score=score,
            scale=1,
        )


def _read_event(event: Row) -> Iterator[Event]:
    type_ = needed(event, "type")
    if type_ == _CREATED:
        yield _created(part(event, "detail"))
    elif type_ == _STATUS and str(first(event, "event.current")).lower() == "solved":
        yield track(
            "Support Ticket Solved",
            f"zendesk:event:{needed(event, 'id')}",
            dated(event, "time"),
            _channel(event, "detail.via.channel"),
            ticket_id=needed(event, "detail.id"),
        )


def _created(ticket: Row) -> Event:
    id_ = needed(ticket, "id")
    return track(
        "Support Ticket Created",
        f"zendesk:ticket:{id_}",
        dated(ticket, "created_at"),
        _channel(ticket, "via.channel"),
        ticket_id=id_,
        priority=first(ticket, "priority"),
        ticket_type=first(ticket, "type"),
    )


def _channel(row: Row, name: str) -> str:
    return _CHANNELS.get(str(first(row, name)).lower(), "server")


SOURCES = [
    Source(
        "zendesk-tickets",
        ("Ticketing API: Tickets",),
        ("id", "created_at", "updated_at", "requester_id", "via", "priority", "type", "satisfaction_rating"),
        {"id": lambda row: first(row, "requester_id"), "email": lambda row: first(row, "via.source.from.address")},
        _read_ticket,
    ),
    Source(
        "zendesk-events",
        ("Webhooks API: Webhook event types", "Webhooks API: Ticket events"),
        ("id", "type", "time", "detail", "event"),
        {"id": lambda row: first(row, "detail.requester_id")},
        _read_event,
    ),
]
