"""The queue of an endpoint in Redis: a line of alerts for each customer, of which only the first is under way.

Beside the lines are who is due when, who is claimed by a notifier until when, what was put already, and the dead
letters. Everything that changes them is one script, so a notifier that dies leaves a queue that is whole.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from pydantic import ValidationError
from redis.asyncio import Redis

from schemas.alert import Alert
from schemas.settings import Settings

MAX_SEEN = 100_000
"""Ids of an endpoint that are known again when Kafka delivers them once more."""
MAX_DEAD = 10_000
"""Dead letters of an endpoint; beyond them the oldest are dropped."""

_AT_ONCE = 100
_UNREADABLE = b'"this version of Ebbflow cannot read it"'


class Content(msgspec.Struct, frozen=True, omit_defaults=True):
    """An alert as it waits; `published` is when it came to the topic, in epoch seconds, `trace` what it carried."""

    published: float
    alert: msgspec.Raw
    trace: str = ""


class _Named(msgspec.Struct, frozen=True):
    customer: str


class Letter(msgspec.Struct, frozen=True):
    """A dead letter."""

    id: str
    error: str
    at: float
    content: Content


@dataclass(frozen=True)
class Put:
    """An alert for the queue; `after` is the id of one that must have been put before, or nothing."""

    alert: Alert
    content: Content
    after: str = ""


@dataclass(frozen=True)
class Claim:
    """An alert to be delivered now; `tries` were in vain, `since` it waits, in epoch seconds; `trace` it carried."""

    customer: str
    id: str
    alert: Alert
    published: float
    tries: int
    since: float
    trace: str = ""


@dataclass(frozen=True)
class Claimed:
    """What a look at the queue found: `due` is when the next alert is, none if nothing waits for that."""

    claims: list[Claim]
    due: float | None
    waiting: int
    dead: int


@dataclass(frozen=True)
class Standing:
    """How an endpoint stands; `delivered` is when it last took something, in epoch seconds."""

    waiting: int
    dead: int
    delivered: float | None


class LapsedError(RuntimeError):
    """A claim took so long that somebody else may have it now."""


class EndpointQueue:
    """The queue of one endpoint. Times are epoch seconds; every call raises RedisError when Redis does not answer."""

    def __init__(self, redis: Redis, settings: Settings, endpoint: str) -> None:
        self._redis, self._base = redis, settings.keyspace(f"notify:{endpoint}:")
        here = Path(__file__).parent
        self._scripts = {
            name: redis.register_script((here / f"{name}.lua").read_text())
            for name in ("put", "claim", "settle", "hurry", "expire", "revive", "gather", "clear")
        }

    async def put(self, alerts: Sequence[Put], now: float) -> int:
        """Put alerts at the ends of their customers' lines, but for those that were put before; how many were new."""
        new = 0
        for first in range(0, len(alerts), _AT_ONCE):
            arguments: list[Any] = []
            for each in alerts[first : first + _AT_ONCE]:
                arguments += (each.alert.id, each.alert.customer, msgspec.json.encode(each.content), each.after)
            new += await self._run("put", now, MAX_SEEN, *arguments)
        return new

    async def claim(self, most: int, now: float, until: float, early: bool = False) -> Claimed:
        """Claim the first alerts of so many customers' lines until then; with `early` before they are due, too."""
        found, due, waiting, dead = await self._run("claim", now, until, most, int(early))
        claims = []
        for customer, number, *rest in found:
            claim = _claim(customer, number, *rest)
            if claim is None:
                await self._run("settle", customer, number, "dead", now, 0.0, _UNREADABLE, MAX_DEAD)
            else:
                claims.append(claim)
        return Claimed(claims, float(due) if due else None, waiting, dead)

    async def delivered(self, claim: Claim, now: float) -> None:
        """It is where it should be; raises LapsedError."""
        await self._settle(claim, "delivered", now)

    async def again(self, claim: Claim, now: float, due: float) -> None:
        """It failed, and is to be tried again then; raises LapsedError."""
        await self._settle(claim, "again", now, due)

    async def release(self, claim: Claim, now: float) -> None:
        """Somebody else may try; raises LapsedError."""
        await self._settle(claim, "released", now, now)

    async def bury(self, claim: Claim, now: float, error: str) -> int:
        """It goes to the dead letters, and the customer's next is due; how many old letters had to go for it. Raises
        LapsedError."""
        return await self._settle(claim, "dead", now, error=error)

    async def hurry(self, now: float) -> None:
        """Let everything be due that waits for its next try."""
        await self._run("hurry", now)

    async def gather(self, most: int, now: float, until: float, every: float) -> Claimed:
        """Claim the oldest alerts for one message until then, if it is time for one: every so many seconds."""
        found, waiting, dead = await self._run("gather", now, until, most, every)
        claims = [claim for each in found if (claim := _claim(*each)) is not None]
        if found and not claims:
            await self._run("clear", now, now, "dead", _UNREADABLE, MAX_DEAD, *(each[1] for each in found))
        return Claimed(claims, None, waiting, dead)

    async def delivered_all(self, claims: Sequence[Claim], now: float, due: float) -> None:
        """The message is where it should be, and the next is due then."""
        await self._clear(claims, "delivered", now, due)

    async def bury_all(self, claims: Sequence[Claim], now: float, due: float, error: str) -> int:
        """It goes to the dead letters, and the next message is due then; how many old letters had to go for it."""
        return await self._clear(claims, "dead", now, due, error)

    async def next_message(self, due: float) -> None:
        """The next message is due then."""
        await self._redis.hset(f"{self._base}told", "digest", str(due))

    async def expire(self, before: float, now: float, error: str) -> tuple[int, int]:
        """Bury what has waited since before then, and is not under way; how many that were, and how many old letters
        had to go for them."""
        buried, dropped = await self._run("expire", before, now, msgspec.json.encode(error), MAX_DEAD, _AT_ONCE)
        return int(buried), int(dropped)

    async def revive(self, now: float) -> int:
        """Put the dead letters at the ends of the lines again, oldest first; how many."""
        revived, left = 0, await self._redis.llen(f"{self._base}dead")
        while left > 0:
            count = min(left, _AT_ONCE)
            letters = await self._redis.lrange(f"{self._base}dead", -count, -1)
            arguments: list[Any] = []
            for said in reversed(letters):
                letter = msgspec.json.decode(said, type=Letter)
                customer = msgspec.json.decode(letter.content.alert, type=_Named).customer
                arguments += (said, letter.id, customer, msgspec.json.encode(letter.content))
            revived += await self._run("revive", now, *arguments)
            left -= count
        return revived

    async def letters(self, most: int = _AT_ONCE) -> list[Letter]:
        """The newest dead letters."""
        found = await self._redis.lrange(f"{self._base}dead", 0, most - 1)
        return [msgspec.json.decode(said, type=Letter) for said in found]

    async def standing(self) -> Standing:
        """How it stands."""
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.zcard(f"{self._base}waiting")
            pipe.llen(f"{self._base}dead")
            pipe.hget(f"{self._base}told", "delivered")
            waiting, dead, at = await pipe.execute()
        return Standing(waiting, dead, float(at) if at else None)

    async def _settle(self, claim: Claim, became: str, now: float, due: float = 0.0, error: str = "") -> int:
        told = msgspec.json.encode(error)
        dropped = int(await self._run("settle", claim.customer, claim.id, became, now, due, told, MAX_DEAD))
        if dropped < 0:
            raise LapsedError(f"the claim on alert {claim.id} has lapsed")
        return dropped

    async def _clear(self, claims: Sequence[Claim], became: str, now: float, due: float, error: str = "") -> int:
        told = msgspec.json.encode(error)
        return int(await self._run("clear", now, due, became, told, MAX_DEAD, *(claim.id for claim in claims)))

    async def _run(self, name: str, *arguments: Any) -> Any:
        return await self._scripts[name](keys=[self._base], args=arguments)


def _claim(customer: bytes, number: bytes, said: bytes, tries: bytes, since: bytes) -> Claim | None:
    """What was claimed; none if another version has put it, and this one cannot read it."""
    content = msgspec.json.decode(said, type=Content)
    try:
        alert = Alert.model_validate_json(bytes(content.alert))
    except ValidationError:
        return None
    waits = float(since)
    return Claim(customer.decode(), number.decode(), alert, content.published, int(tries), waits, content.trace)
