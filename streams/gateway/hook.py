"""What a webhook is: how its sender signs it, and how touchpoints are read from it.

All senders prove themselves by an HMAC with SHA-256 under a secret that they share with us; what they sign, and where
they say it, is theirs.
"""

import hmac
import time
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec

from processors.decoding import UnreadableError
from processors.mapping import Row, Source
from schemas.rejected import Rejection, RejectionCode
from schemas.settings import Settings, SettingsError
from streams.gateway.dialect import Asked, Reading, Route, Told, Unread
from streams.gateway.refusal import Refusal

TOLERANCE = 300.0
"""Seconds by which a signature may be older or newer than now, where it has a time: five minutes, as Stripe and HubSpot
recommend."""


@dataclass(frozen=True)
class Signed:
    """What a request says of itself: the `message` that was signed, the `signatures` it presents, and `at`, when it was
    signed in epoch seconds, if the scheme says that."""

    message: bytes
    signatures: Sequence[str]
    at: float | None = None


def one_payload(payload: Any, _: Asked) -> Iterable[Any]:
    """The row of a delivery that has one."""
    return [payload]


@dataclass(frozen=True)
class Hook:
    """A sender. `signed` reads its claim from a request, given the URL that it called; `rows` finds the rows of
    `source` in what it sent."""

    name: str
    source: Source
    signed: Callable[[Asked, str], Signed]
    digest: Literal["hex", "base64"]
    rows: Callable[[Any, Asked], Iterable[Any]] = one_payload

    def route(self, settings: Settings) -> Route:
        """Where it sends to: `/v1/hooks/<name>`.

        Raises:
            SettingsError: if customers are to be named in a way that the source does not have.
        """
        by = settings.hook_customers.get(self.name)
        if by is not None and by not in self.source.customers:
            ways = " or ".join(self.source.customers)
            raise SettingsError(f"EBBFLOW_HOOK_CUSTOMERS: {self.name} names customers by {ways}, not by {by}")
        return Route(
            f"/v1/hooks/{self.name}",
            lambda asked: Reading(self._events(asked, by)),
            f"Take in a webhook of {self.name.capitalize()}, by its signature",
            authenticate=lambda asked: self.authenticate(asked, settings),
            body={"application/json": {"type": ["object", "array"]}},
        )

    def authenticate(self, asked: Asked, settings: Settings) -> str:
        """The name of a sender who has proved to be one; raises `Refusal`: 404 if none is expected here, 401 if the
        signature is missing, stale or somebody else's."""
        said = settings.hook_secrets.get(self.name)
        secrets = [each.strip().encode() for each in said.get_secret_value().split(",") if each.strip()] if said else []
        if not secrets:
            raise Refusal(
                404,
                "not_configured",
                f"no webhooks of {self.name} are expected",
                f'give its signing secret: EBBFLOW_HOOK_SECRETS=\'{{"{self.name}": "..."}}\'',
            )
        signed = self.signed(asked, _url(asked, settings))
        if not signed.signatures:
            raise Refusal(401, "unauthorized", "the signature is missing, or is not written as it should be")
        right = [self._digest(secret, signed.message) for secret in secrets]
        given = [signature.encode(errors="surrogatepass") for signature in signed.signatures]
        # All are compared, so that the time taken does not tell which one came close.
        if not sum(hmac.compare_digest(one, other) for one in given for other in right):
            raise Refusal(401, "unauthorized", f"the signature is not that of {self.name}", "check the signing secret")
        if signed.at is not None and abs(time.time() - signed.at) > TOLERANCE:
            raise Refusal(401, "stale", f"the signature is not of the last {TOLERANCE:g} s", "check both clocks")
        return f"hook-{self.name}"

    def _events(self, asked: Asked, by: str | None) -> Iterator[Told | Unread]:
        """What a delivery says. One that cannot be read is refused in the answer, not with an error: the sender would
        send it again, to no better end."""
        try:
            rows = list(self.rows(msgspec.json.decode(asked.body), asked))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            yield Unread(Rejection(code=RejectionCode.NOT_JSON, message="not JSON"), asked.body)
            return
        for row in rows:
            original = msgspec.json.encode(row)
            try:
                for event in self._touchpoints(row, by):
                    yield Told(event, original)
            except UnreadableError as error:
                yield Unread(error.rejection, original)

    def _touchpoints(self, row: Row, by: str | None) -> Iterator[dict[str, Any]]:
        if not isinstance(row, dict):
            raise UnreadableError(RejectionCode.NOT_AN_OBJECT, "a delivery is a JSON object: {...}")
        return self.source.touchpoints(row, by)

    def _digest(self, secret: bytes, message: bytes) -> bytes:
        found = hmac.new(secret, message, "sha256")
        return found.hexdigest().encode() if self.digest == "hex" else b64encode(found.digest())


def _url(asked: Asked, settings: Settings) -> str:
    """The URL as the sender called it, which behind a proxy is not the one that we see."""
    if not settings.public_url:
        return asked.url
    seen = urlsplit(asked.url)
    return settings.public_url.rstrip("/") + seen.path + (f"?{seen.query}" if seen.query else "")
