"""HubSpot, by "Validating requests" (signature of version 3) and "Webhooks" of its developer documentation.

`X-HubSpot-Signature-v3: <base64>` over the method, the URL, the body and `X-HubSpot-Request-Timestamp`, which is in
milliseconds. A delivery is an array of changes.
"""

import re
from collections.abc import Iterable
from typing import Any

from processors.mappings import SOURCES
from streams.gateway.dialect import Asked
from streams.gateway.hook import Hook, Signed

# These, and no others, are decoded before the URL is signed.
_DECODED = {
    "%3A": ":", "%2F": "/", "%3F": "?", "%40": "@", "%21": "!", "%24": "$",
    "%27": "'", "%28": "(", "%29": ")", "%2A": "*", "%2C": ",", "%3B": ";",
}  # fmt: skip
_ENCODED = re.compile("|".join(_DECODED), re.IGNORECASE)


def _signed(asked: Asked, url: str) -> Signed:
    signature = asked.headers.get("x-hubspot-signature-v3", "")
    at = asked.headers.get("x-hubspot-request-timestamp", "")
    if not (at.isascii() and at.isdecimal() and len(at) < 15):
        return Signed(b"", ())
    called = _ENCODED.sub(lambda found: _DECODED[found.group().upper()], url)
    message = f"POST{called}".encode() + asked.body + at.encode()
    return Signed(message, [signature] if signature else (), float(at) / 1000)


def _changes(payload: Any, _: Asked) -> Iterable[Any]:
    return payload if isinstance(payload, list) else [payload]


HOOK = Hook("hubspot", SOURCES["hubspot-changes"], _signed, "base64", _changes)
