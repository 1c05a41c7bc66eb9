"""Typeform, by "Secure your webhooks" of its developer documentation.

`Typeform-Signature: sha256=<base64>` over the body alone, without a time: a delivery that is replayed later
is known only by the ids of what it tells.
"""

from processors.mappings import SOURCES
from streams.gateway.dialect import Asked
from streams.gateway.hook import Hook, Signed


def _signed(asked: Asked, _: str) -> Signed:
    scheme, _, signature = asked.headers.get("typeform-signature", "").partition("=")
    return Signed(asked.body, [signature] if scheme == "sha256" and signature else ())


HOOK = Hook("typeform", SOURCES["typeform-responses"], _signed, "base64")
