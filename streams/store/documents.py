"""How a profile is written in its Redis hash: all of it as JSON, and beside it what is published as plain fields."""

import msgspec

from schemas.profile import Facts, Judgements, Profile

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
)
"""Fields for other services: text, numbers in decimal, times in epoch seconds, empty where there is nothing to say.
Orders and revenue are those of one currency, the one with the most revenue."""


class _Document(msgspec.Struct, gc=False):
    """The `doc` field. Customer and revision stand outside of it."""

    facts: Facts
    judgements: Judgements
    at: dict[int, int]


_read = msgspec.json.Decoder(_Document).decode
_write = msgspec.json.Encoder().encode


def read_document(customer: str, doc: bytes | None, revision: bytes | None) -> Profile:
    """The profile that a hash's `doc` and `rev` hold; a new and empty one if there are none."""
    if doc is None:
        return Profile(customer, revision=int(revision or 0))
    document = _read(doc)
    return Profile(customer, document.facts, document.judgements, document.at, int(revision or 0))


def write_document(profile: Profile) -> bytes:
    """The `doc` of a profile."""
    return _write(_Document(profile.facts, profile.judgements, profile.at))


def published(profile: Profile) -> tuple[str | float | None, ...]:
    """The fields of `PUBLISHED`, in that order."""
    facts, scores = profile.facts, profile.judgements.scores
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
    return (*judged, facts.first_seen, facts.last_seen, facts.touchpoints, orders, revenue, currency)
