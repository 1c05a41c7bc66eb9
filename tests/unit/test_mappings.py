"""Mappings: payloads shaped by what the sources' documentation prints become the touchpoints that they mean."""

import json
from collections.abc import Iterator
from contextlib import suppress
from copy import deepcopy
from pathlib import Path
from typing import Any

import msgspec
import pytest

from processors.decoding import UnreadableError
from processors.instants import instant_of
from processors.kinds import KindRules
from processors.mapping import first
from processors.mappings import SOURCES
from processors.reading import read
from schemas.kinds import Kind
from schemas.touch import Touch
from streams.replay.log import Log
from streams.replay.mapped import Mapped
from streams.replay.rows import LogFileError
from tests.unit.payloads import (
    CHARGE,
    CONVERSATION,
    EXAMPLES,
    ORDER,
    RESPONSE,
    SUBSCRIPTION,
    TICKET,
    stripe,
    ticket_event,
)

RULES = KindRules()
NOW = instant_of("2026-06-01", "now").timestamp()


def touches(source: str, row: dict[str, Any], by: str | None = None) -> list[Touch]:
    """What the worker reads of the touchpoints of a row."""
    return [read(msgspec.json.encode(event), NOW, RULES) for event in SOURCES[source].touchpoints(row, by)]


def told(source: str, row: dict[str, Any], by: str | None = None) -> list[tuple[str, str, Kind | None]]:
    return [(touch.customer, touch.name, touch.kind) for touch in touches(source, row, by)]


def test_an_order_of_shopify_is_completed_cancelled_and_refunded() -> None:
    assert told("shopify-orders", ORDER) == [
        ("bob.norman@mail.example.com", "Order Completed", Kind.PURCHASE),
        ("bob.norman@mail.example.com", "Order Cancelled", Kind.FRICTION),
        ("bob.norman@mail.example.com", "Order Refunded", Kind.FRICTION),
    ]
    completed = touches("shopify-orders", ORDER)[0]
    assert (completed.amount, completed.currency, completed.channel) == (409.94, "USD", "web")
    assert completed.at == instant_of("2026-01-10T16:00:00Z", "").timestamp()
    assert {customer for customer, _, _ in told("shopify-orders", ORDER, "id")} == {"shopify:207119551"}
    refunded = list(SOURCES["shopify-orders"].touchpoints(ORDER))[2]
    assert (refunded["messageId"], refunded["properties"]["total"]) == ("shopify:refund:509562969", 41.94)


def test_each_delivery_of_shopify_tells_what_is_news() -> None:
    def names(topic: str, order: dict[str, Any] = ORDER) -> list[str]:
        return [touch.name for touch in touches("shopify-deliveries", {"topic": topic, "order": order})]

    assert names("orders/create") == ["Order Completed"]
    assert names("orders/cancelled") == ["Order Cancelled"]
    assert names("orders/updated") == ["Order Refunded"]
    assert names("orders/updated", {**ORDER, "updated_at": "2026-03-01T00:00:00Z"}) == []
    assert names("products/update", {"id": 1}) == []
    for other in ({"admin_graphql_api_id": "gid://shopify/DraftOrder/450789469"}, {"admin_graphql_api_id": None}):
        with pytest.raises(UnreadableError, match="admin_graphql_api_id"):
            names("orders/create", {**ORDER, **other})
    exported, delivered = (
        [event["messageId"] for event in SOURCES[name].touchpoints(row)]
        for name, row in (("shopify-orders", ORDER), ("shopify-deliveries", {"topic": "orders/create", "order": ORDER}))
    )
    assert delivered == exported[:1]


def test_an_order_in_shopifys_csv_file_counts_once_however_many_items_it_has(tmp_path: Path) -> None:
    header = "Name,Email,Financial Status,Currency,Total,Created at,Lineitem quantity,Lineitem name,Cancelled at,Id"
    rows = [
        "#1001,bob@example.com,paid,EUR,53.91,2026-01-07 09:50:26 +0200,1,Mask,,7410991464714",
        "#1001,bob@example.com,,,,2026-01-07 09:50:26 +0200,3,Soap,,",
        "#1002,ada@example.com,paid,EUR,12.00,2026-01-08 10:00:00 +0200,1,Soap,2026-01-09 10:00:00 +0200,7410991464715",
    ]
    path = tmp_path / "orders_export_1.csv"
    path.write_text("\n".join([header, *rows]) + "\n")
    log = Log(path, Mapped(SOURCES["shopify-orders"], "email"))
    found = [read(entry.value, NOW, RULES) for entry in log.entries]
    assert [(touch.customer, touch.name, touch.amount) for touch in found] == [
        ("bob@example.com", "Order Completed", 53.91),
        ("ada@example.com", "Order Completed", 12.0),
        ("ada@example.com", "Order Cancelled", None),
    ]
    assert log.refused == []


@pytest.mark.parametrize(
    ("event", "name", "kind"),
    [
        (stripe("charge.succeeded", **CHARGE), "Payment Succeeded", Kind.PURCHASE),
        (stripe("charge.captured", **CHARGE), "Payment Succeeded", Kind.PURCHASE),
        (stripe("charge.failed", **{**CHARGE, "failure_code": "card_declined"}), "Payment Failed", Kind.FRICTION),
        (stripe("charge.refunded", **{**CHARGE, "amount_refunded": 500}), "Order Refunded", Kind.FRICTION),
        (stripe("customer.subscription.created", **SUBSCRIPTION, status="trialing"), "Trial Started", Kind.CONSIDER),
        (
            stripe(
                "customer.subscription.updated",
                {"cancel_at_period_end": False},
                **SUBSCRIPTION,
                cancel_at_period_end=True,
            ),
            "Subscription Cancellation Requested",
            Kind.FRICTION,
        ),
        (stripe("customer.subscription.deleted", **SUBSCRIPTION), "Subscription Cancelled", Kind.LEAVE),
        (stripe("customer.deleted", id="cus_NffrFeUfNV2Hib", object="customer"), "Account Deleted", Kind.LEAVE),
    ],
)
def test_events_of_stripe(event: dict[str, Any], name: str, kind: Kind) -> None:
    assert told("stripe-events", event) == [("stripe:cus_NffrFeUfNV2Hib", name, kind)]
    [touchpoint] = SOURCES["stripe-events"].touchpoints(event)
    assert touchpoint["messageId"] == "stripe:evt_1NG8Du2eZvKYlo2CUI79vXWy"


@pytest.mark.parametrize(
    ("currency", "minor", "amount"),
    [("usd", 1099, 10.99), ("jpy", 1099, 1099), ("krw", 5, 5), ("kwd", 5120, 5.12), ("ugx", 500, 5), ("isk", 500, 5)],
)
def test_stripes_amounts_are_in_minor_units_of_which_a_currency_may_have_none(
    currency: str, minor: int, amount: float
) -> None:
    event = stripe("charge.succeeded", **{**CHARGE, "currency": currency, "amount": minor})
    [touch] = touches("stripe-events", event)
    assert (touch.amount, touch.currency) == (amount, currency.upper())


def test_each_refund_by_stripe_tells_what_it_paid_back() -> None:
    second = stripe("charge.refunded", {"amount_refunded": 500}, **{**CHARGE, "amount_refunded": 700})
    [touchpoint] = SOURCES["stripe-events"].touchpoints(second)
    assert touchpoint["properties"] == {"total": 2.0, "currency": "USD"}


def test_of_one_payment_by_stripe_one_event_counts() -> None:
    of_one = ("payment_intent.succeeded", "invoice.paid", "checkout.session.completed", "charge.updated")
    assert [told("stripe-events", stripe(type_, **CHARGE)) for type_ in of_one] == [[]] * 4
    authorized = stripe("charge.succeeded", **{**CHARGE, "captured": False})
    assert told("stripe-events", authorized) == []
    renewed = stripe("customer.subscription.updated", {"status": "trialing"}, **SUBSCRIPTION, cancel_at_period_end=True)
    assert told("stripe-events", renewed) == []
    assert told("stripe-events", stripe("charge.succeeded", **CHARGE), "email")[0][0] == "jenny@example.com"


def test_tickets_of_zendesk_and_what_was_thought_of_the_help() -> None:
    assert told("zendesk-tickets", TICKET) == [
        ("zendesk:20978392", "Support Ticket Created", Kind.SERVICE),
        ("zendesk:20978392", "Rating Given", Kind.FEEDBACK),
    ]
    created, rated = touches("zendesk-tickets", TICKET)
    assert (created.channel, rated.rating, rated.channel) == ("email", 1.0, "survey")
    bad = {**TICKET, "satisfaction_rating": {"id": 1234, "score": "bad"}}
    assert touches("zendesk-tickets", bad)[1].rating == 0.0
    offered = {**TICKET, "satisfaction_rating": {"score": "offered"}}
    assert len(touches("zendesk-tickets", offered)) == 1
    assert touches("zendesk-tickets", TICKET, "email")[0].customer == "customer@example.com"
    assert "printer" not in json.dumps(list(SOURCES["zendesk-tickets"].touchpoints(TICKET)))


def test_events_of_zendesks_webhooks() -> None:
    customer = "zendesk:20978392"
    assert told("zendesk-events", ticket_event("created")) == [(customer, "Support Ticket Created", Kind.SERVICE)]
    solved = told("zendesk-events", ticket_event("status_changed", "SOLVED"))
    assert solved == [(customer, "Support Ticket Solved", Kind.SERVICE)]
    assert told("zendesk-events", ticket_event("status_changed", "PENDING")) == []
    assert told("zendesk-events", ticket_event("tags_changed")) == []
    by_event, by_export = (
        next(iter(SOURCES[name].touchpoints(row)))["messageId"]
        for name, row in (("zendesk-events", ticket_event("created")), ("zendesk-tickets", TICKET))
    )
    assert by_event == by_export


def test_conversations_of_intercom() -> None:
    customer = "intercom:5bc8f7ae2d96695c18a"
    assert told("intercom-conversations", CONVERSATION) == [
        (customer, "Live Chat Conversation Started", Kind.SERVICE),
        (customer, "CSAT Submitted", Kind.FEEDBACK),
    ]
    assert touches("intercom-conversations", CONVERSATION)[1].rating == 1.0
    assert told("intercom-conversations", CONVERSATION, "external")[0][0] == "u-70"
    assert told("intercom-conversations", CONVERSATION, "email")[0][0] == "joe@example.com"
    by_us = {**CONVERSATION, "source": {"author": {"type": "admin"}}, "conversation_rating": {"rating": None}}
    assert told("intercom-conversations", by_us) == []


def test_responses_of_typeform_as_its_webhooks_send_them() -> None:
    delivery = {"event_id": "LtWXD3crgy", "event_type": "form_response", "form_response": RESPONSE}
    found = touches("typeform-responses", delivery)
    assert [(touch.customer, touch.name, touch.rating) for touch in found] == [
        ("lian@example.com", "Rating Given", 0.75),
        ("lian@example.com", "Survey Answered", 0.8),
        ("lian@example.com", "NPS Submitted", 0.9),
    ]
    assert {touch.kind for touch in found} == {Kind.FEEDBACK}
    assert told("typeform-responses", delivery, "external")[0][0] == "u-70"
    assert "cold" not in json.dumps(list(SOURCES["typeform-responses"].touchpoints(delivery)))


def test_responses_of_typeform_as_exported() -> None:
    exported = {name: value for name, value in RESPONSE.items() if name != "definition"}
    # Without the number of steps, 4 may be a lot or little.
    assert [touch.rating for touch in touches("typeform-responses", exported)] == [None, None, 0.9]
    told_nothing = {**exported, "answers": RESPONSE["answers"][:1]}
    assert [touch.name for touch in touches("typeform-responses", told_nothing)] == ["Survey Submitted"]


def test_responses_of_delighted() -> None:
    response = {
        "id": "5",
        "person": "10",
        "survey_type": "nps",
        "score": 9,
        "comment": "Nice",
        "created_at": 1767571200,
        "person_properties": {"country": "USA"},
        "additional_answers": [],
    }
    assert told("delighted-responses", response) == [("delighted:10", "NPS Submitted", Kind.FEEDBACK)]
    assert touches("delighted-responses", response)[0].rating == 0.9
    expanded = {**response, "survey_type": "csat", "score": 4, "person": {"id": "10", "email": "Jony@example.com"}}
    [touch] = touches("delighted-responses", expanded, "email")
    assert (touch.customer, touch.name, touch.rating) == ("jony@example.com", "CSAT Submitted", 0.75)
    other = {**response, "survey_type": "pmf"}
    assert [(touch.name, touch.rating) for touch in touches("delighted-responses", other)] == [
        ("Survey Answered", None)
    ]


def test_contacts_of_hubspot_and_how_they_change() -> None:
    contact = {
        "id": "512",
        "properties": {"email": "Maria@example.com", "firstname": "Maria", "lastname": "Johnson", "company": None},
        "createdAt": "2026-01-10T00:00:00.000Z",
        "updatedAt": "2026-01-12T00:00:00.000Z",
        "archived": False,
    }
    [touch] = touches("hubspot-contacts", contact)
    assert (touch.customer, touch.kind, touch.channel) == ("hubspot:512", None, "crm")
    assert touch.traits == {"email": "Maria@example.com", "firstName": "Maria", "lastName": "Johnson"}
    exported = {"Record ID": "512", "Email": "Maria@example.com", "Create Date": "2026-01-10 10:00"}
    assert touches("hubspot-contacts", exported, "email")[0].customer == "maria@example.com"
    change = {
        "eventId": 1,
        "subscriptionId": 12345,
        "portalId": 62515,
        "occurredAt": 1767571200000,
        "subscriptionType": "contact.propertyChange",
        "attemptNumber": 0,
        "objectId": 512,
        "propertyName": "lifecyclestage",
        "propertyValue": "customer",
    }
    [touch] = touches("hubspot-changes", change)
    assert (touch.customer, touch.traits) == ("hubspot:512", {"lifecycleStage": "customer"})
    newer = {**change, "subscriptionType": "object.propertyChange", "objectTypeId": "0-1"}
    assert len(touches("hubspot-changes", newer)) == 1
    for other in ({**newer, "objectTypeId": "0-3"}, {**change, "subscriptionType": "contact.deletion"}):
        assert touches("hubspot-changes", other) == []


def test_contacts_of_salesforce() -> None:
    contact = {
        "Id": "0032w00000AbCdEFGH",
        "FirstName": "Rose",
        "LastName": "Gonzalez",
        "Email": "Rose@edge.example",
        "AccountId": "0012w00000XyZ",
        "LastModifiedDate": "2026-01-29T15:45:21.000+0000",
        "IsDeleted": "false",
    }
    [touch] = touches("salesforce-contacts", contact)
    assert touch.customer == "salesforce:0032w00000AbCdEFGH"
    assert touch.traits == {
        "email": "Rose@edge.example",
        "firstName": "Rose",
        "lastName": "Gonzalez",
        "accountId": "0012w00000XyZ",
    }
    assert touches("salesforce-contacts", {**contact, "IsDeleted": "true"}) == []


def paths(value: Any, *before: str | int) -> Iterator[tuple[str | int, ...]]:
    """Where something stands in a row."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in inside:
        yield (*before, name)
        yield from paths(part, *before, name)


@pytest.mark.parametrize("name", SOURCES)
def test_every_mapping_gives_the_same_ids_again(name: str) -> None:
    once, again = (list(SOURCES[name].touchpoints(EXAMPLES[name])) for _ in range(2))
    assert once == again
    assert len({event["messageId"] for event in once}) == len(once) > 0


@pytest.mark.parametrize("name", SOURCES)
def test_whatever_is_odd_in_a_row_is_refused_or_left_out(name: str) -> None:
    for path in paths(EXAMPLES[name]):
        for odd in (None, "", [], {}, "x", -1, 10**400, True, [{"id": []}], {"id": {}}):
            row = at = deepcopy(EXAMPLES[name])
            for step in path[:-1]:
                at = at[step]
            at[path[-1]] = odd
            for by in SOURCES[name].customers:
                with suppress(UnreadableError):
                    touches(name, row, by)


def test_a_row_without_the_customer_says_how_else_one_may_be_named() -> None:
    guest = {**ORDER, "customer": None}
    with pytest.raises(UnreadableError, match=r"no id of a customer: name customers by email"):
        list(SOURCES["shopify-orders"].touchpoints(guest, "id"))


def test_columns_may_be_called_otherwise(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text("Bestellung,E-Mail,Summe,Datum\n7,ada@example.com,12.50,2026-01-05\n")
    columns = {"Id": "Bestellung", "Email": "E-Mail", "Total": "Summe", "Created at": "Datum"}
    [entry] = Log(path, Mapped(SOURCES["shopify-orders"], "email", columns)).entries
    assert read(entry.value, NOW, RULES).amount == 12.5
    with pytest.raises(LogFileError, match="--map Id=Nummer: no such column; the file has Bestellung"):
        Log(path, Mapped(SOURCES["shopify-orders"], "email", {"Id": "Nummer"}))
    with pytest.raises(LogFileError, match="no column of shopify-orders"):
        Log(path, Mapped(SOURCES["shopify-orders"], "email"))


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-05",
        "2026-01-05T01:00:00+01:00",
        "2026-01-05 01:00:00 +0100",
        "2026-01-05 00:00:00 UTC",
        1767571200,
        "1767571200000",
        "1767571200.0",
    ],
)
def test_dates_as_exports_write_them(text: str | int) -> None:
    assert instant_of(text, "when").timestamp() == 1767571200


def test_a_dot_leads_into_an_object() -> None:
    row = {"a": {"b": 0, "c": None}, "d.e": 2}
    assert (first(row, "a.b"), first(row, "a.c", "d.e"), first(row, "a.b.c", "x")) == (0, 2, None)
