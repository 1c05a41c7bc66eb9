"""Alerts in Redis, as they stand, for those who look them up rather than follow the topic.

The topic is what counts; this is a copy of its newest, with what people made of them. `alert:<id>` is a hash of one
alert, `alerts` has the ids of all by time, `alerts:of:<customer>` those of one customer.
"""

from collections.abc import AsyncIterator, Collection, Sequence
from datetime import datetime
from typing import Any, cast

from pydantic import ValidationError
from redis.asyncio import Redis

from processors.alerts import opening_of
from schemas.alert import Alert
from schemas.handling import AlertStanding, Handled, Handling
from schemas.settings import Settings
from streams.store.asking import Question, ask
from streams.store.erased import ErasedStore
from streams.store.script import Script

MAX_KEPT = 20_000
"""Alerts that can be looked up; older ones are on the topic."""
MAX_OF_ONE = 20
"""Alerts of one customer that can be."""

_SPARE = MAX_KEPT // 20
"""Alerts above the most that are kept, so that old ones need not go one by one."""
_AT_ONCE = 200


class AlertStore:
    """Keeps, finds and forgets alerts. To keep one again changes nothing."""

    def __init__(self, redis: Redis, settings: Settings) -> None:
        self._redis, self._erased = redis, ErasedStore(redis, settings)
        self._alert, self._all = settings.keyspace("alert:"), settings.keyspace("alerts")
        self._of, self._note = settings.keyspace("alerts:of:"), Script(redis, "note")

    async def keep(self, alerts: Sequence[Alert]) -> None:
        """Keep alerts that open, and note of those that close that they have; none of customers who were erased."""
        if await self._erased.count():
            erased = await self._erased.among([alert.customer for alert in alerts])
            alerts = [alert for alert in alerts if alert.customer not in erased]
        opened = [alert for alert in alerts if alert.state == "opened"]
        if opened:
            await self._open(opened)
        closed = {
            opening_of(alert): alert.model_dump_json(exclude_none=True) for alert in alerts if alert.state == "closed"
        }
        for name, said in closed.items():
            await self._note([self._alert + name], ["closed", said, ""])

    async def newest(self, before: tuple[float, str] | None = None) -> AsyncIterator[tuple[float, str, AlertStanding]]:
        """Alerts from the newest to the oldest, each with its time (epoch seconds) and id; those before a place."""
        most = before[0] if before else float("inf")
        place = 0
        while True:
            found = cast(
                list[tuple[bytes, float]],
                await self._redis.zrange(
                    self._all, most, "-inf", desc=True, byscore=True, offset=place, num=_AT_ONCE, withscores=True
                ),
            )
            names = [(name.decode(), at) for name, at in found]
            standing = await self.load([name for name, _ in names])
            for name, at in names:
                if name in standing and (before is None or (at, name) < before):
                    yield at, name, standing[name]
            if len(found) < _AT_ONCE:
                return
            place += _AT_ONCE

    def question(self, customer: str) -> Question:
        """What asks Redis for the ids of a customer's alerts, for who asks for more in the same go."""
        return "ZRANGE", self._of + customer, 0, -1

    async def of(self, customers: Collection[str]) -> list[tuple[str, AlertStanding]]:
        """The alerts of a customer under all of their keys, the newest first."""
        answers = await ask(self._redis, *map(self.question, customers))
        return await self.newest_of([name for found in answers for name in _names(found)])

    async def newest_of(self, names: Sequence[str]) -> list[tuple[str, AlertStanding]]:
        """Alerts by their ids, the newest first, without those that are not kept."""
        return sorted((await self.load(names)).items(), key=lambda each: each[1].alert.at, reverse=True)

    async def load(self, names: Sequence[str]) -> dict[str, AlertStanding]:
        """Alerts by their ids, without those that are not kept."""
        if not names:
            return {}
        async with self._redis.pipeline(transaction=False) as pipe:
            for name in names:
                pipe.hgetall(self._alert + name)
            found = cast(list[dict[bytes, bytes]], await pipe.execute())
        known = {name: _standing(held) for name, held in zip(names, found, strict=True)}
        return {name: standing for name, standing in known.items() if standing is not None}

    async def handle(self, name: str, handled: Handled, at: datetime) -> AlertStanding | None:
        """Note what somebody did with an alert; how it stands now, or none if it is not kept."""
        while (standing := (await self.load([name])).get(name)) is not None:
            before = await self._redis.hget(self._alert + name, "handling")
            handling = (Handling.model_validate_json(before) if before else Handling()).after(handled, at)
            said = handling.model_dump_json(exclude_none=True)
            # Not over what somebody else has done meanwhile.
            if await self._note([self._alert + name], ["handling", said, before or ""]):
                return standing.model_copy(update={"handling": handling})
        return None

    async def forget(self, customers: Collection[str]) -> None:
        """Forget every alert of these customers."""
        for customer in customers:
            await self._remove(_names(await self._redis.zrange(self._of + customer, 0, -1)))
            await self._redis.delete(self._of + customer)

    async def _open(self, alerts: Sequence[Alert]) -> None:
        async with self._redis.pipeline(transaction=True) as pipe:
            for alert in alerts:
                at = alert.at.timestamp()
                pipe.hset(self._alert + alert.id, "opened", alert.model_dump_json(exclude_none=True))
                pipe.zadd(self._all, {alert.id: at})
                pipe.zadd(self._of + alert.customer, {alert.id: at})
            customers = {alert.customer for alert in alerts}
            for customer in customers:
                # Whole, or they would be found when the customer has long been erased.
                pipe.zrange(self._of + customer, 0, -MAX_OF_ONE - 1)
                pipe.zremrangebyrank(self._of + customer, 0, -MAX_OF_ONE - 1)
            pipe.zcard(self._all)
            *answers, kept = await pipe.execute()
        await self._remove([name for found in answers[3 * len(alerts) :: 2] for name in _names(found)])
        if kept > MAX_KEPT + _SPARE:
            oldest = _names(await self._redis.zrange(self._all, 0, kept - MAX_KEPT - 1))
            for name, standing in (await self.load(oldest)).items():
                await self._redis.zrem(self._of + standing.alert.customer, name)
            await self._remove(oldest)

    async def _remove(self, names: Sequence[str]) -> None:
        if names:
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.zrem(self._all, *names)
                pipe.delete(*[self._alert + name for name in names])
                await pipe.execute()


def _names(found: Any) -> list[str]:
    return [name.decode() for name in found]


def _standing(held: dict[bytes, bytes]) -> AlertStanding | None:
    """How an alert stands; none if it is not kept, or another release has written what this one cannot read."""
    if b"opened" not in held:
        return None
    handling = held.get(b"handling")
    try:
        return AlertStanding(
            alert=Alert.model_validate_json(held[b"opened"]),
            closed_at=Alert.model_validate_json(held[b"closed"]).at if b"closed" in held else None,
            handling=Handling.model_validate_json(handling) if handling else Handling(),
        )
    except ValidationError:
        return None
