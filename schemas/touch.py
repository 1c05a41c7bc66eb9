"""A touchpoint as the fold needs it: read, dated, classified, and no larger than that. And notes, which one key of a
person leaves for another."""

import msgspec

from schemas.consent import Purpose
from schemas.details import Details
from schemas.facts import Facts
from schemas.judgements import Mood, Prediction
from schemas.kinds import Kind


class Feed(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Where in a replayed file a touchpoint stood: a file is folded once, however often it is sent."""

    name: str
    row: int


class Handover(msgspec.Struct, frozen=True, tag="ebbflow.handover", omit_defaults=True, gc=False):
    """`customer` is known as `to` by now, and is asked to hand over what is remembered. `hops` are the keys that passed
    it on."""

    customer: str
    to: str
    hops: int = 0


class Absorb(msgspec.Struct, frozen=True, tag="ebbflow.absorb", omit_defaults=True, gc=False):
    """Everything that was remembered of `source`, for `customer` to take over. `partition` and `offset` say what in the
    log made `source` leave the note: what was taken over is not taken over again."""

    customer: str
    source: str
    partition: int
    offset: int
    facts: Facts
    pending: list[Prediction] = []
    hops: int = 0
    mood: Mood | None = None


class Forward(msgspec.Struct, frozen=True, tag="ebbflow.forward", omit_defaults=True, gc=False):
    """A touch that came to `source` after it had handed over, and where in the log that was."""

    customer: str
    source: str
    partition: int
    offset: int
    touch: "Touch"
    hops: int = 0


Note = Handover | Absorb | Forward


class Touch(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One touchpoint, ready to fold.

    `at` is epoch seconds; `amount` is in units of `currency`; `rating` is a survey answer scaled to 0..1;
    `partition` and `offset` say where in the log it stands (-1 when it never was in one). `aliases` are other keys
    which the touchpoint shows to be the same person. What has a `note` is no touchpoint, but stands among them.
    `consent` are the purposes that the customer refuses; none where the touchpoint says nothing of that. `details` are
    what few touchpoints have. `received` is the stream time (epoch seconds) at which the log got it; 0 is not known.
    """

    customer: str
    at: float
    name: str
    kind: Kind | None = None
    digest: bytes = b""
    channel: str = "server"
    amount: float | None = None
    currency: str = ""
    rating: float | None = None
    traits: dict[str, str | int | float | bool] | None = None
    aliases: tuple[str, ...] = ()
    feed: Feed | None = None
    note: Note | None = None
    partition: int = -1
    offset: int = -1
    consent: tuple[Purpose, ...] | None = None
    details: Details | None = None
    received: float = 0.0
