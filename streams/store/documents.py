"""How a profile is written in Redis: all of it as MessagePack, and in a small hash what is published of it. The budget
is written like a profile.

MessagePack rather than JSON: it is smaller, and less work. The hash is small enough for Redis to pack, which one with
the whole profile in it would not be.
"""

import msgspec

from processors.budget import Budget
from processors.features import main_currency
from processors.segments.places import FOUND
from schemas.facts import Facts
from schemas.judgements import Judgements, Memberships, Place
from schemas.profile import Joining, Profile

PUBLISHED = (
    "churn_risk",
    "engagement",
    "usual_engagement",
    "scored_at",
    "model",
    "warming_up",
    "first_seen",
    "last_seen",
    "touchpoints",
    "orders",
    "revenue",
    "currency",
    "lifecycle",
    "rfm",
    "cluster",
    "segments",
    "value_next",
    "lifetime_value",
    "value_currency",
)
"""Fields for other services: text, numbers in decimal, times in epoch seconds, empty where there is nothing to say.
Orders and revenue are those of one currency, the one with the most revenue; what is expected, within the horizon and as
lifetime value, is in the one that was used most lately. `segments` are the user's own that the customer stands in, with
commas between."""


class _Document(msgspec.Struct, omit_defaults=True, gc=False):
    """A profile without what its key and its first line say."""

    facts: Facts
    judgements: Judgements
    at: dict[int, int]
    joining: Joining | None = None


_read = msgspec.msgpack.Decoder(_Document).decode
_read_budget = msgspec.msgpack.Decoder(Budget).decode
_write = msgspec.msgpack.Encoder().encode


def read_profile(customer: str, held: bytes | None) -> Profile:
    """The profile that Redis holds; a new and empty one if it holds none."""
    if held is None:
        return Profile(customer)
    revision, _, document = held.partition(b"\n")
    try:
        found = _read(document)
    except msgspec.ValidationError as error:
        raise ValueError(
            f"a profile in Redis was saved by another release ({error}): stop the workers and run `ebbflow rebuild`"
        ) from error
    return Profile(customer, found.facts, found.judgements, found.at, int(revision), found.joining)


def write_profile(profile: Profile) -> bytes:
    """A profile as it is saved next: its next revision in a line, and then the document."""
    document = _Document(profile.facts, profile.judgements, profile.at, profile.joining)
    return b"%d\n%b" % (profile.revision + 1, _write(document))


def read_budget(held: bytes | None) -> Budget:
    """The budget that Redis holds; a new one, of which nothing was spent, if it holds none."""
    return Budget() if held is None else _read_budget(held.partition(b"\n")[2])


def write_budget(budget: Budget) -> bytes:
    """A budget as it is saved: how many were offered to it in a line, which is its revision, and then the document."""
    return b"%d\n%b" % (budget.offers, _write(budget))


def published(profile: Profile) -> tuple[str | float | None, ...]:
    """The fields of `PUBLISHED`, in that order; none of a key that has moved."""
    facts, scores = profile.facts, profile.judgements.scores
    if facts.moved_to:
        return ()
    currency, money = "", None
    for code, held in facts.money.items():
        if money is None or held.revenue > money.revenue:
            currency, money = code, held
    judged: tuple[float | None, ...] = (
        (scores.churn, scores.engagement, scores.usual, scores.at, scores.model, int(scores.warming_up))
        if scores
        else (None,) * 6
    )
    orders, revenue = (money.orders, money.revenue) if money else (0, 0)
    expected = (scores.value, scores.lifetime) if scores else (None, None)
    lately = None if expected == (None, None) else main_currency(facts)
    return (
        *judged, facts.first_seen, facts.last_seen, facts.touchpoints, orders, revenue, currency,
        *_segments(profile.judgements.segments), *expected, lately,
    )  # fmt: skip


def _segments(held: Memberships | None) -> tuple[str | None, ...]:
    if held is None:
        return (None,) * 4
    own = ",".join(name for name, since in held.own.items() if since >= FOUND) if held.own else None
    return _name(held.lifecycle), _name(held.rfm), _name(held.cluster), own


def _name(place: Place | None) -> str | None:
    return None if place is None else place.name
