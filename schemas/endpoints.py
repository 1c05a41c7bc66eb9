"""Where alerts are delivered to: the endpoints of `ebbflow notifier`."""

import re
from base64 import b64decode
from binascii import Error as NotBase64Error
from datetime import timedelta
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Annotated, Literal, Self
from urllib.parse import SplitResult, urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints, model_validator

from schemas.alert import AlertKind, Severity
from schemas.duration import Duration

PAGERDUTY = "https://events.pagerduty.com/v2/enqueue"

_PREFIX = "whsec_"
_KEY_BYTES = range(24, 65)
_ROUTING_KEY = re.compile(r"[0-9a-zA-Z]{32}")
_ADDRESS = re.compile(r"[^\s@,;<>]+@[^\s@,;<>]+")


class Shape(StrEnum):
    """What a delivery looks like."""

    JSON = "json"
    SLACK = "slack"
    TEAMS = "teams"
    PAGERDUTY = "pagerduty"
    EMAIL = "email"


class Endpoint(BaseModel):
    """One place that alerts are delivered to, which alerts, and how."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: SecretStr = Field(
        SecretStr(""),
        description="Where to: https://..., for e-mail smtps://user@host or smtp://user@host. Some hold a secret.",
    )
    shape: Shape = Field(Shape.JSON, description="What a delivery looks like.")
    secret: SecretStr = Field(
        SecretStr(""),
        description="json: the signing secret, whsec_... (two with a comma between while rotating). pagerduty: the "
        "integration key. email: the password.",
    )
    kinds: frozenset[AlertKind] = Field(frozenset(), description="Only alerts of these kinds; none: of all.")
    severities: frozenset[Severity] = Field(frozenset(), description="Only alerts as severe; none: all.")
    states: frozenset[Literal["opened", "closed"]] = Field(
        frozenset(("opened", "closed")), min_length=1, description="Whether they open or close."
    )
    segments: frozenset[str] = Field(frozenset(), description="Only of customers in one of these; none: of all.")
    least_at_stake: float = Field(0.0, ge=0, description="Only alerts with so much at stake, in their currency.")
    timeout: Duration = Field(
        timedelta(seconds=10),
        gt=timedelta(0),
        le=timedelta(minutes=1),
        description="A delivery that takes longer has failed.",
    )
    at_once: int = Field(8, ge=1, le=100, description="Deliveries under way at the same time.")
    allow_private: bool = Field(
        False, description="Whether it may be on a private, loopback or link-local address, and without TLS there."
    )
    sender: str = Field("", description="email: whom it is from.")
    to: tuple[str, ...] = Field((), description="email: whom it is for.")
    digest: Duration = Field(
        timedelta(0), ge=timedelta(0), description="email: one message so often with all that came; 0s: each at once."
    )

    @property
    def address(self) -> SplitResult:
        """The URL in parts."""
        said = self.url.get_secret_value()
        return urlsplit(PAGERDUTY if self.shape is Shape.PAGERDUTY and not said else said)

    @property
    def secrets(self) -> tuple[str, ...]:
        """Each signing secret, the first one new."""
        return tuple(filter(None, map(str.strip, self.secret.get_secret_value().split(","))))

    @model_validator(mode="after")
    def _can_be_reached(self) -> Self:
        try:
            host, port = self.address.hostname, self.address.port
        except ValueError:
            host, port = None, None
        schemes = ("smtps", "smtp") if self.shape is Shape.EMAIL else ("https", "http")
        if not host or port == 0 or self.address.scheme not in schemes:
            raise ValueError(f"url: write {schemes[0]}://host/..., as the receiver gave it")
        literal = _literal(host)
        if literal is not None and not literal.is_global and not self.allow_private:
            raise ValueError("url: it names a private address; say allow_private = true if that is meant")
        local = host == "localhost" or (literal is not None and literal.is_loopback)
        if self.address.scheme == "http" and not (local or self.allow_private):
            raise ValueError(
                "url: http would send customers' data in the clear; write https, or say allow_private = true if the "
                "receiver is in your own network"
            )
        return self

    @model_validator(mode="after")
    def _can_want_something(self) -> Self:
        if "opened" not in self.states and (self.severities or self.segments or self.least_at_stake):
            raise ValueError(
                "states: how severe it is, of whom and what is at stake is judged when it opens; add opened to them"
            )
        return self

    @model_validator(mode="after")
    def _has_its_secret(self) -> Self:
        if self.shape is Shape.JSON:
            if not self.secrets:
                raise ValueError(f"secret: deliveries are signed, and need one: {_GOOD}")
            for secret in self.secrets:
                if _key_bytes(secret) not in _KEY_BYTES:
                    raise ValueError(f"secret: it is {_PREFIX} and 24 to 64 bytes in base64: {_GOOD}")
        elif self.shape is Shape.PAGERDUTY:
            if not _ROUTING_KEY.fullmatch(self.secret.get_secret_value()):
                raise ValueError(
                    "secret: give the integration key of the service, 32 letters and digits: in PagerDuty, add an "
                    "integration of the type Events API V2"
                )
        elif self.shape is not Shape.EMAIL and self.secret.get_secret_value():
            raise ValueError(f"secret: {self.shape} has none but its URL; leave it out")
        return self

    @model_validator(mode="after")
    def _is_a_letter(self) -> Self:
        if self.shape is Shape.EMAIL:
            if not self.to or not all(map(_ADDRESS.fullmatch, (self.sender, *self.to))):
                raise ValueError('sender and to: write sender = "ebbflow@shop.example" and to = ["you@shop.example"]')
            if bool(self.address.username) != bool(self.secret.get_secret_value()):
                raise ValueError("secret: a user in the URL needs the password as secret, and the other way round")
        elif self.sender or self.to or self.digest:
            raise ValueError('sender, to and digest are for e-mail: say shape = "email", or leave them out')
        return self


EndpointName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+([_-][a-z0-9]+)*$", max_length=32)]
"""Small letters and digits, with single - or _ between."""

Endpoints = dict[EndpointName, Endpoint]

_GOOD = "`echo whsec_$(openssl rand -base64 32)` makes a good one, which the receiver needs too"


def _literal(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _key_bytes(secret: str) -> int:
    try:
        return len(b64decode(secret.removeprefix(_PREFIX), validate=True))
    except (NotBase64Error, ValueError):
        return 0
