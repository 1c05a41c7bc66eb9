"""No delivery makes a webhook fall over: whoever signed it, it is read or kept; whoever did not, is refused."""

import json
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from processors.decoding import decode
from schemas.settings import Settings
from streams.gateway.erased import Erased
from streams.gateway.hook import Hook
from streams.gateway.hooks import HOOKS
from streams.gateway.intake import Intake
from streams.gateway.refusal import Refusal
from tests.unit.asking import INTAKE, RECEIVED, asked
from tests.unit.payloads import EXAMPLES
from tests.unit.strange import BYTES, VALUES
from tests.unit.test_mappings import paths

SETTINGS = Settings(hook_secrets={hook.name: SecretStr("secret-of-all") for hook in HOOKS})
TOPICS = {"x-shopify-topic": "orders/create"}
TRUNCATING = Intake(SETTINGS, None, Erased(SETTINGS))
EVERY = pytest.mark.parametrize("hook", HOOKS, ids=[hook.name for hook in HOOKS])
# Numbers and signs are what these headers are made of; text is what they are not.
HEADER = st.text(st.characters(max_codepoint=255), max_size=40) | st.from_regex(
    r"\A(t=[0-9]{1,20},)?(v1|sha256)?=?[0-9a-zA-Z+/=,-]{0,60}\Z"
)


def payload_of(hook: Hook) -> Any:
    example = EXAMPLES[hook.source.name]
    return example["order"] if hook.name == "shopify" else example


def survives(hook: Hook, body: bytes) -> int:
    """How many touchpoints were read; a delivery that is signed is never refused as a whole."""
    taken = INTAKE.take(hook.route(SETTINGS).read(asked(b"", TOPICS, body)).events, RECEIVED)
    for event in taken.accepted:
        assert decode(event.value).customer == event.customer
    return len(taken.accepted)


@EVERY
def test_no_value_in_a_delivery_breaks_it(hook: Hook) -> None:
    payload = payload_of(hook)
    assert survives(hook, json.dumps(payload).encode())
    for path in paths(payload):
        for value in VALUES:
            changed = at = deepcopy(payload)
            for step in path[:-1]:
                at = at[step]
            at[path[-1]] = value
            survives(hook, json.dumps(changed).encode())


@EVERY
def test_no_bytes_break_it(hook: Hook) -> None:
    body = json.dumps(payload_of(hook)).encode()
    for strange in BYTES:
        survives(hook, strange)
        for place in range(0, len(body), 7):
            survives(hook, body[:place] + strange + body[place + 1 :])


def test_a_large_delivery_that_cannot_be_read_is_under_the_rules() -> None:
    [hook] = [hook for hook in HOOKS if hook.name == "stripe"]
    body = json.dumps({"type": "charge.succeeded", "ip": "203.0.113.195", "note": "x" * 300_000}).encode()
    [refused] = TRUNCATING.take(hook.route(SETTINGS).read(asked(b"", {}, body)).events, RECEIVED).refused
    assert b"203.0.113.0" in refused.original
    assert b"203.0.113.195" not in refused.original


@EVERY
@given(data=st.data())
def test_whatever_is_presented_is_refused(hook: Hook, data: st.DataObject) -> None:
    names = ("stripe-signature", "x-zendesk-webhook-signature", "x-zendesk-webhook-signature-timestamp")
    names += ("x-hubspot-signature-v3", "x-hubspot-request-timestamp", "x-shopify-hmac-sha256", "typeform-signature")
    headers = {name: data.draw(HEADER) for name in names}
    with pytest.raises(Refusal) as refused:
        hook.authenticate(asked(b"", headers, b"{}"), SETTINGS)
    assert refused.value.status == 401
