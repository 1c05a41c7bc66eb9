"""A touchpoint as the fold needs it: read, dated, classified, and no larger than that."""

import msgspec

from schemas.kinds import Kind


class Feed(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Where in a replayed file a touchpoint stood: a file is folded once, however often it is sent."""

    name: str
    row: int


class Touch(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One touchpoint, ready to fold.

    `at` is epoch seconds; `amount` is in units of `currency`; `rating` is a survey answer scaled to 0..1;
    `partition` and `offset` say where in the log it stands (-1 when it never was in one).
    """

    customer: str
    at: float
    name: str
    kind: Kind | None = None
    digest: str = ""
    channel: str = "server"
    amount: float | None = None
    currency: str = ""
    rating: float | None = None
    traits: dict[str, str | int | float | bool] | None = None
    feed: Feed | None = None
    partition: int = -1
    offset: int = -1
