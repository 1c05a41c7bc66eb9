"""Shopify, by "Verify webhook deliveries" and "Webhooks: delivery structure" of its developer documentation.

`X-Shopify-Hmac-SHA256: <base64>` over the body alone, without a time: a delivery that is replayed later
is known only by the ids of what it tells. Nor is the topic, which is a header: what the body is, it says itself.
"""

from collections.abc import Iterable
from typing import Any

from processors.mappings import SOURCES
from streams.gateway.dialect import Asked
from streams.gateway.hook import Hook, Signed


def _signed(asked: Asked, _: str) -> Signed:
    signature = asked.headers.get("x-shopify-hmac-sha256", "")
    return Signed(asked.body, [signature] if signature else ())


def _deliveries(payload: Any, asked: Asked) -> Iterable[Any]:
    return [{"topic": asked.headers.get("x-shopify-topic", ""), "order": payload}]


HOOK = Hook("shopify", SOURCES["shopify-deliveries"], _signed, "base64", _deliveries)
