"""What the last census found of all customers, and what each day's last one did: a hash of JSON documents."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, cast

import msgspec
from redis.asyncio import Redis

from processors.population import LEARNED
from schemas.norms import Norms
from schemas.population import Section
from schemas.settings import Settings

DAYS_KEPT = 90
_NORMS = "norms"
_read_norms = msgspec.msgpack.Decoder(Norms).decode


class PopulationStore:
    """Writes and reads the sections: those that the census counts, and those that the learner keeps. All is derived, so
    nothing is lost with it but the days before."""

    def __init__(self, redis: Redis, settings: Settings) -> None:
        self._redis = redis
        self._key, self._days = settings.keyspace("population"), settings.keyspace("population:days")
        self._learned = settings.keyspace("population:learned")

    async def save(self, sections: Mapping[str, Section], norms: Norms) -> None:
        """Replace what was there, and today's."""
        documents: dict[Any, Any] = {name: section.model_dump_json() for name, section in sections.items()}
        days: dict[Any, Any] = {f"{name}:{section.at.date()}": documents[name] for name, section in sections.items()}
        gone = [f"{name}:{section.at.date() - timedelta(days=DAYS_KEPT)}" for name, section in sections.items()]
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.delete(self._key)
            pipe.hset(self._key, mapping={**documents, _NORMS: msgspec.msgpack.encode(norms)})
            if days:
                pipe.hset(self._days, mapping=days)
                pipe.hdel(self._days, *gone)
            await pipe.execute()

    async def keep(self, name: str, section: Section, today: date) -> None:
        """Replace one of the sections that the learner keeps, and today's."""
        document = section.model_dump_json()
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.hset(self._learned, name, document)
            pipe.hset(self._days, f"{name}:{today}", document)
            pipe.hdel(self._days, f"{name}:{today - timedelta(days=DAYS_KEPT)}")
            await pipe.execute()

    async def section(self, name: str) -> bytes | None:
        """A section as JSON; none before the first census, or the first outcome."""
        key = self._learned if name in LEARNED else self._key
        return cast(bytes | None, await self._redis.hget(key, name))

    async def days(self, name: str) -> list[bytes]:
        """A section as it was at the end of each day that is kept, the oldest first, as JSON."""
        fields = cast(list[bytes], await self._redis.hkeys(self._days))
        wanted = sorted(each for each in fields if each.startswith(f"{name}:".encode()))[-DAYS_KEPT:]
        found = cast(list[bytes | None], await self._redis.hmget(self._days, wanted) if wanted else [])
        return [each for each in found if each is not None]

    async def norms(self) -> Norms:
        """What was usual among all customers; empty before the first census."""
        held = cast(bytes | None, await self._redis.hget(self._key, _NORMS))
        try:
            return _read_norms(held) if held else Norms()
        except msgspec.MsgspecError:
            # Another release has taken them; the next census writes them anew.
            return Norms()
