"""Profiles in Redis: one hash per customer, loaded and saved by the batch in one round trip each.

`doc` is the profile as JSON, `at` the offsets folded in, `rev` the revision; the published scores stand beside them
as plain fields, so that any service can `HMGET` them.
"""

from collections.abc import AsyncIterator, Collection, Sequence

import msgspec
from redis.asyncio import Redis

from schemas.profile import Facts, Judgements, Profile
from schemas.settings import Settings
from streams.store.script import Script

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


class _Document(msgspec.Struct):
    """The `doc` field."""

    facts: Facts
    judgements: Judgements


_FIELDS = ("doc", "at", *PUBLISHED)
_read_document = msgspec.json.Decoder(_Document).decode
_read_at = msgspec.json.Decoder(dict[int, int]).decode
_write = msgspec.json.Encoder().encode


class ProfileStore:
    """Loads and saves profiles. Saving is a compare-and-set on the revision."""

    def __init__(self, redis: Redis, settings: Settings) -> None:
        self._redis = redis
        self._key = settings.keyspace("customer:")
        self._load, self._save = Script(redis, "load"), Script(redis, "save")

    async def load(self, customers: Sequence[str]) -> dict[str, Profile]:
        """The profiles of these customers; one never seen before is new and empty."""
        if not customers:
            return {}
        found = await self._load([self._key + customer for customer in customers])
        return {
            customer: _profile(customer, *found[3 * place : 3 * place + 3]) for place, customer in enumerate(customers)
        }

    async def save(self, profiles: Sequence[Profile]) -> list[str]:
        """Save profiles as loaded and advanced; the customers that somebody else saved meanwhile are not, and are
        returned."""
        if not profiles:
            return []
        args: list[str | bytes | int | float] = [len(_FIELDS), *_FIELDS]
        for profile in profiles:
            args += (profile.revision, _write(_Document(profile.facts, profile.judgements)), _write(profile.at))
            args += _published(profile)
        conflicts = await self._save([self._key + profile.customer for profile in profiles], args)
        return [profiles[place - 1].customer for place in conflicts]

    async def every(self) -> AsyncIterator[Profile]:
        """All profiles, in no order."""
        waiting: list[str] = []
        async for key in self._redis.scan_iter(match=f"{self._key}*", count=1000):
            waiting.append(key.decode().removeprefix(self._key))
            if len(waiting) == 1000:
                for profile in (await self.load(waiting)).values():
                    yield profile
                waiting.clear()
        for profile in (await self.load(waiting)).values():
            yield profile


def _profile(customer: str, doc: bytes | None, at: bytes | None, revision: bytes | None) -> Profile:
    if doc is None or at is None:
        return Profile(customer, revision=int(revision or 0))
    document = _read_document(doc)
    return Profile(customer, document.facts, document.judgements, _read_at(at), int(revision or 0))


def _published(profile: Profile) -> Collection[str | int | float]:
    facts, scores = profile.facts, profile.judgements.scores
    currency, money = max(facts.money.items(), key=lambda item: item[1].revenue, default=("", None))
    return (
        *((scores.churn, scores.engagement, scores.usual, scores.at, scores.model) if scores else ("",) * 5),
        int(scores.warming_up) if scores else "",
        facts.first_seen,
        facts.last_seen,
        facts.touchpoints,
        money.orders if money else 0,
        money.revenue if money else 0,
        currency,
    )
