"""Stripe, by "Resolve webhook signature verification errors" and "Receive Stripe events in your webhook endpoint".

`Stripe-Signature: t=<epoch seconds>,v1=<hex>[,v1=...]` over `<t>.<body>`; while a secret is rolled there are several.
"""

from processors.mappings import SOURCES
from streams.gateway.dialect import Asked
from streams.gateway.hook import Hook, Signed


def _signed(asked: Asked, _: str) -> Signed:
    parts = [part.partition("=") for part in asked.headers.get("stripe-signature", "").split(",")]
    at = next((value.strip() for name, _, value in parts if name.strip() == "t"), "")
    if not (at.isascii() and at.isdecimal() and len(at) < 12):
        return Signed(b"", ())
    signatures = [value.strip() for name, _, value in parts if name.strip() == "v1"]
    return Signed(f"{at}.".encode() + asked.body, signatures, float(at))


HOOK = Hook("stripe", SOURCES["stripe-events"], _signed, "hex")
