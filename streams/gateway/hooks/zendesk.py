"""Zendesk, by "Verifying webhook authenticity" of its developer documentation.

`X-Zendesk-Webhook-Signature: <base64>` over the text of `X-Zendesk-Webhook-Signature-Timestamp` and the body.
"""

from processors.decoding import UnreadableError
from processors.instants import instant_of
from processors.mappings import SOURCES
from streams.gateway.dialect import Asked
from streams.gateway.hook import Hook, Signed


def _signed(asked: Asked, _: str) -> Signed:
    signature = asked.headers.get("x-zendesk-webhook-signature", "")
    said = asked.headers.get("x-zendesk-webhook-signature-timestamp", "")
    try:
        at = instant_of(said, "timestamp").timestamp()
    except UnreadableError:
        return Signed(b"", ())
    return Signed(said.encode() + asked.body, [signature] if signature else (), at)


HOOK = Hook("zendesk", SOURCES["zendesk-events"], _signed, "base64")
