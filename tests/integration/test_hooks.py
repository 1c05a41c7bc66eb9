"""Webhooks: what their senders signed is taken in, what anybody else sends is not, and a repeat counts once.

The signatures are made here by the schemes that the senders publish.
"""

import hmac
import json
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from schemas.settings import Settings, SettingsError
from streams.gateway.hooks import HOOKS, routes_of
from tests.harness import WRITE_KEY, records_of, running_gateway, wait_until
from tests.integration.working import folded, profiles_of, running_worker

pytestmark = pytest.mark.integration

SECRETS = {hook.name: f"secret-of-{hook.name}" for hook in HOOKS}
PUBLIC = "https://events.example.com"
NOW = int(time.time())

Sign = Callable[..., dict[str, str]]


def mac(secret: str, message: str) -> hmac.HMAC:
    return hmac.new(secret.encode(), message.encode(), "sha256")


def base64(secret: str, message: str) -> str:
    return b64encode(mac(secret, message).digest()).decode()


def by_stripe(body: str, secret: str, at: float, path: str) -> dict[str, str]:
    signature = mac(secret, f"{at:.0f}.{body}").hexdigest()
    return {"Stripe-Signature": f"t={at:.0f},v0={'0' * 64},v1={signature}"}


def by_zendesk(body: str, secret: str, at: float, path: str) -> dict[str, str]:
    written = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "X-Zendesk-Webhook-Signature": base64(secret, written + body),
        "X-Zendesk-Webhook-Signature-Timestamp": written,
    }


def by_hubspot(body: str, secret: str, at: float, path: str) -> dict[str, str]:
    written = f"{at * 1000:.0f}"
    return {
        "X-HubSpot-Signature-v3": base64(secret, f"POST{PUBLIC}{path}{body}{written}"),
        "X-HubSpot-Request-Timestamp": written,
    }


def by_shopify(body: str, secret: str, at: float, path: str) -> dict[str, str]:
    return {"X-Shopify-Hmac-SHA256": base64(secret, body), "X-Shopify-Topic": "orders/create"}


def by_typeform(body: str, secret: str, at: float, path: str) -> dict[str, str]:
    return {"Typeform-Signature": f"sha256={base64(secret, body)}"}


SIGN: dict[str, Sign] = {
    "stripe": by_stripe,
    "zendesk": by_zendesk,
    "hubspot": by_hubspot,
    "shopify": by_shopify,
    "typeform": by_typeform,
}
TIMED = ("stripe", "zendesk", "hubspot")
WHEN = datetime.fromtimestamp(NOW - 60, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
PAYLOADS: dict[str, Any] = {
    "stripe": {
        "id": "evt_1",
        "type": "charge.succeeded",
        "created": NOW - 60,
        "data": {"object": {"amount": 1099, "currency": "eur", "captured": True, "customer": "cus_1"}},
    },
    "zendesk": {
        "id": "01HNXXXX",
        "type": "zen:event-type:ticket.created",
        "time": WHEN,
        "subject": "zen:ticket:35436",
        "detail": {"id": "35436", "created_at": WHEN, "requester_id": "7", "via": {"channel": "web"}},
    },
    "hubspot": [
        {
            "eventId": number,
            "subscriptionType": "contact.propertyChange",
            "objectId": 512,
            "propertyName": "lifecyclestage",
            "propertyValue": value,
            "occurredAt": (NOW - 60 + number) * 1000,
        }
        for number, value in enumerate(("lead", "customer"))
    ],
    "shopify": {
        "id": 450789469,
        "admin_graphql_api_id": "gid://shopify/Order/450789469",
        "email": "bob@example.com",
        "created_at": WHEN,
        "total_price": "409.94",
        "currency": "USD",
    },
    "typeform": {
        "event_id": "LtWXD3crgy",
        "event_type": "form_response",
        "form_response": {
            "form_id": "lT4Z3j",
            "token": "a3a12ec6",
            "submitted_at": WHEN,
            "answers": [
                {"type": "email", "email": "lian@example.com", "field": {"id": "a", "type": "email"}},
                {"type": "number", "number": 9, "field": {"id": "b", "type": "nps"}},
            ],
        },
    },
}
CUSTOMERS = {
    "stripe": b"stripe:cus_1",
    "zendesk": b"zendesk:7",
    "hubspot": b"hubspot:512",
    "shopify": b"bob@example.com",
    "typeform": b"lian@example.com",
}
# Bodies as no serializer of ours would write them: the signature is over the very bytes.
BODIES = {name: json.dumps(payload, indent=1) + "\n" for name, payload in PAYLOADS.items()}
SENDERS = pytest.mark.parametrize("name", PAYLOADS)


def gateway_of(settings: Settings, secrets: dict[str, str], **more: Any) -> Settings:
    said = Settings(hook_secrets=secrets, public_url=PUBLIC, **more)
    return settings.model_copy(update={field: getattr(said, field) for field in ("hook_secrets", "public_url", *more)})


@pytest.fixture
def client(settings: Settings) -> Iterator[httpx.Client]:
    with running_gateway(gateway_of(settings, SECRETS)) as url, httpx.Client(base_url=url, timeout=20) as client:
        yield client


def signed(name: str, secret: str | None = None, at: float | None = None, body: str | None = None) -> dict[str, str]:
    given = SECRETS[name] if secret is None else secret
    return SIGN[name](body or BODIES[name], given, time.time() if at is None else at, f"/v1/hooks/{name}")


def post(client: httpx.Client, name: str, headers: dict[str, Any], body: str | None = None) -> httpx.Response:
    return client.post(f"/v1/hooks/{name}", content=body or BODIES[name], headers=headers)


def test_there_is_a_payload_for_each_sender() -> None:
    assert set(PAYLOADS) == {hook.name for hook in HOOKS}


@SENDERS
def test_what_its_sender_signed_is_in_the_log(settings: Settings, client: httpx.Client, name: str) -> None:
    answer = post(client, name, signed(name))
    assert (answer.status_code, answer.json()) == (200, {"success": True})
    records = records_of(settings, "touchpoints")
    assert {record.key for record in records} == {CUSTOMERS[name]}
    assert len(records) == (2 if name == "hubspot" else 1)


@SENDERS
def test_what_is_forged_changed_or_unsigned_is_refused_and_nothing_is_published(
    settings: Settings, client: httpx.Client, name: str
) -> None:
    good = signed(name)
    signature = next(header for header in good if "ignature" in header or "Hmac" in header)
    others = [other for other in PAYLOADS if other != name]
    tries: list[tuple[dict[str, Any], str | None]] = [
        (signed(name, secret="secret-of-somebody-else"), None),
        (signed(name, secret=""), None),
        *((SIGN[other](BODIES[name], SECRETS[name], time.time(), f"/v1/hooks/{name}"), None) for other in others),
        ({}, None),
        ({**good, signature: ""}, None),
        ({**good, signature: good[signature][:-2]}, None),
        ({**good, signature: b"\xc3\xa9"}, None),
        (good, BODIES[name].replace("1", "2")),
        (good, BODIES[name].strip()),
        ({"Authorization": f"Basic {b64encode(f'{WRITE_KEY}:'.encode()).decode()}"}, None),
    ]
    for headers, body in tries:
        answer = post(client, name, headers, body)
        assert answer.status_code == 401, headers
        assert answer.json().keys() == {"code", "message", "detail"}
        assert SECRETS[name] not in answer.text
    assert records_of(settings, "touchpoints") == records_of(settings, "rejected") == []


@pytest.mark.parametrize("name", TIMED)
def test_a_stale_signature_is_refused(settings: Settings, client: httpx.Client, name: str) -> None:
    for seconds in (-330, 330):
        answer = post(client, name, signed(name, at=time.time() + seconds))
        assert (answer.status_code, answer.json()["code"]) == (401, "stale")
    # Its time is part of what is signed.
    old, new = signed(name, at=time.time() - 330), signed(name)
    header = {"zendesk": "X-Zendesk-Webhook-Signature-Timestamp", "hubspot": "X-HubSpot-Request-Timestamp"}.get(name)
    if header:
        assert post(client, name, {**old, header: new[header]}).json()["code"] == "unauthorized"
    for seconds in (-270, 270):
        assert post(client, name, signed(name, at=time.time() + seconds)).status_code == 200
    assert len(records_of(settings, "touchpoints")) == 2 * (2 if name == "hubspot" else 1)


def test_a_delivery_that_comes_again_counts_once(settings: Settings, client: httpx.Client, tmp_path: Path) -> None:
    for name in PAYLOADS:
        headers = signed(name)
        for _ in range(3):
            assert post(client, name, headers).status_code == 200
        # Sent again by its sender, with a signature of its own.
        assert post(client, name, signed(name, at=time.time() - 5)).status_code == 200
    assert len(records_of(settings, "touchpoints")) == 4 * 6
    with running_worker(settings, tmp_path / "worker.log"):
        wait_until(lambda: folded(settings) == 6, within=90)
        mark = {"userId": "mark", "event": "x"}
        for number in range(20):
            answer = client.post("/v1/track", json={**mark, "userId": f"mark{number}"}, auth=(WRITE_KEY, ""))
            assert answer.status_code == 200
        wait_until(lambda: sum(name.startswith("mark") for name in profiles_of(settings)) == 20, within=60)
        profiles = profiles_of(settings)
    for name, customer in CUSTOMERS.items():
        assert profiles[customer.decode()].facts.touchpoints == (2 if name == "hubspot" else 1)
    assert profiles["stripe:cus_1"].facts.money["EUR"].revenue == 10.99
    assert profiles["bob@example.com"].facts.money["USD"].revenue == 409.94
    assert profiles["lian@example.com"].facts.rating == 0.9


@SENDERS
def test_a_secret_is_rotated_without_losing_a_delivery(settings: Settings, name: str) -> None:
    with running_gateway(gateway_of(settings, {name: "the-old-secret, the-new-secret,"})) as url:
        for secret, status in (("the-old-secret", 200), ("the-new-secret", 200), ("the-old-secret, ", 401), ("", 401)):
            answer = httpx.post(f"{url}/v1/hooks/{name}", content=BODIES[name], headers=signed(name, secret))
            assert answer.status_code == status


def test_stripe_signs_with_both_while_its_secret_is_rolled(client: httpx.Client) -> None:
    new, old = (signed("stripe", secret)["Stripe-Signature"] for secret in (SECRETS["stripe"], "the-old-secret"))
    both = f"{old},{new.split(',')[2]}"
    assert post(client, "stripe", {"Stripe-Signature": both}).status_code == 200


def test_without_a_secret_nobody_is_let_in(settings: Settings, gateway: str) -> None:
    for name in PAYLOADS:
        for secret in (SECRETS[name], ""):
            answer = httpx.post(f"{gateway}/v1/hooks/{name}", content=BODIES[name], headers=signed(name, secret))
            assert (answer.status_code, answer.json()["code"]) == (404, "not_configured")
            assert "EBBFLOW_HOOK_SECRETS" in answer.json()["detail"]
    assert httpx.post(f"{gateway}/v1/hooks/unheard-of", content="{}").status_code == 404
    assert records_of(settings, "touchpoints") == []


def test_another_method_is_not_answered(client: httpx.Client) -> None:
    for name in PAYLOADS:
        for method in ("GET", "PUT", "DELETE"):
            answer = client.request(method, f"/v1/hooks/{name}", headers=signed(name))
            assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")


def test_hubspot_signs_the_url_that_it_called(settings: Settings, client: httpx.Client) -> None:
    path, body = "/v1/hooks/hubspot?from=a%2Fb%3A%20c&%C3%A9=1", BODIES["hubspot"]
    decoded = "/v1/hooks/hubspot?from=a/b:%20c&%C3%A9=1"
    headers = by_hubspot(body, SECRETS["hubspot"], time.time(), decoded)
    assert client.post(path, content=body, headers=headers).status_code == 200
    assert client.post("/v1/hooks/hubspot", content=body, headers=headers).status_code == 401


def test_without_a_public_url_the_one_that_we_see_has_to_do(settings: Settings) -> None:
    body, at = BODIES["hubspot"], f"{time.time() * 1000:.0f}"
    with running_gateway(gateway_of(settings, SECRETS).model_copy(update={"public_url": ""})) as url:
        signature = base64(SECRETS["hubspot"], f"POST{url}/v1/hooks/hubspot{body}{at}")
        headers = {"X-HubSpot-Signature-v3": signature, "X-HubSpot-Request-Timestamp": at}
        assert httpx.post(f"{url}/v1/hooks/hubspot", content=body, headers=headers).status_code == 200


@SENDERS
def test_a_signed_delivery_that_cannot_be_read_is_kept_and_not_asked_for_again(
    settings: Settings, client: httpx.Client, name: str
) -> None:
    bodies = ["not json", "[" * 100_000, "null", '"x"', '{"type": "charge.succeeded", "form_response": 7}']
    for body in bodies:
        answer = post(client, name, signed(name, body=body), body)
        assert answer.status_code == 200, body[:20]
        assert "Traceback" not in answer.text
    assert records_of(settings, "touchpoints") == []
    assert len(records_of(settings, "rejected")) >= 4


def test_shopify_does_not_sign_its_topic_and_a_forged_one_makes_no_order(
    settings: Settings, client: httpx.Client
) -> None:
    order = PAYLOADS["shopify"]
    draft = {**order, "admin_graphql_api_id": "gid://shopify/DraftOrder/450789469"}
    checkout = {name: value for name, value in order.items() if name != "admin_graphql_api_id"}
    for payload, topic, expected in (
        (draft, "orders/create", "admin_graphql_api_id"),
        (checkout, "orders/create", "admin_graphql_api_id"),
        (order, "orders/cancelled", "cancelled_at"),
    ):
        body = json.dumps(payload)
        answer = post(client, "shopify", {**signed("shopify", body=body), "X-Shopify-Topic": topic}, body)
        assert answer.status_code == 200
        assert [rejected["where"] for rejected in answer.json()["rejected"]] == [expected]
    assert records_of(settings, "touchpoints") == []


def test_events_of_other_sorts_are_taken_and_say_nothing(settings: Settings, client: httpx.Client) -> None:
    for name, payload in (
        ("stripe", {"type": "product.created"}),
        ("zendesk", {"type": "zen:event-type:user.created"}),
    ):
        body = json.dumps(payload)
        answer = post(client, name, signed(name, body=body), body)
        assert (answer.status_code, answer.json()) == (200, {"success": True})
    assert records_of(settings, "touchpoints") == records_of(settings, "rejected") == []


def test_customers_are_named_as_the_settings_say(settings: Settings) -> None:
    order = json.dumps({**PAYLOADS["shopify"], "customer": {"id": 207119551}})
    with running_gateway(gateway_of(settings, SECRETS, hook_customers={"shopify": "id"})) as url:
        headers = signed("shopify", body=order)
        assert httpx.post(f"{url}/v1/hooks/shopify", content=order, headers=headers).status_code == 200
    assert [record.key for record in records_of(settings, "touchpoints")] == [b"shopify:207119551"]


def test_settings_that_mean_no_webhook_are_told_in_words(settings: Settings) -> None:
    with pytest.raises(SettingsError, match=r"no webhooks of 'strype'.*stripe"):
        routes_of(gateway_of(settings, {"strype": "whsec_1234"}))
    with pytest.raises(SettingsError, match="hubspot names customers by id, not by email"):
        routes_of(gateway_of(settings, {}, hook_customers={"hubspot": "email"}))
