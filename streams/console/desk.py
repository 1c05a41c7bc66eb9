"""What the console reads and does: from Redis by the stores that the gateway has, and through the same handling."""

import time
from datetime import UTC, datetime
from typing import Any, TypeVar

from pydantic import ValidationError
from redis.asyncio import Redis

from processors.portrait import portrait
from processors.roster import Wanted
from schemas.customer import Customer
from schemas.handling import AlertSeen, Handled
from schemas.policy import FacetName
from schemas.population import Section
from schemas.roster import Order, Roster
from schemas.settings import Settings
from streams.clock import Clock
from streams.handling import handle
from streams.person import find
from streams.producer import Producer
from streams.store.alerts import AlertStore
from streams.store.cards import CardStore
from streams.store.population import PopulationStore
from streams.store.roster import RosterStore

Told = TypeVar("Told", bound=Section)

LOOKED_THROUGH = 1000
"""Alerts among which the console looks for those that are asked for."""
_FRESH = 1.0
"""Seconds for which what was read serves all pages that are open."""


class Desk:
    """One for all pages.

    What it reads raises redis.exceptions.RedisError when Redis is away.
    """

    def __init__(self, settings: Settings, redis: Redis, producer: Producer) -> None:
        self._settings, self._redis, self._producer = settings, redis, producer
        self._alerts, self._cards = AlertStore(redis, settings), CardStore(redis, settings)
        self._population, self._roster = PopulationStore(redis, settings), RosterStore(redis, settings)
        self._clock = Clock(settings)
        self._newest: list[AlertSeen] = []
        self._read_at = float("-inf")

    def now(self) -> datetime:
        """The time in which touchpoints and alerts are dated: in a demonstration not that of the wall."""
        return datetime.fromtimestamp(self._clock.now(), UTC)

    async def newest(self) -> list[AlertSeen]:
        """The newest alerts first."""
        if time.monotonic() > self._read_at + _FRESH:
            now, found = datetime.now(UTC), list[AlertSeen]()
            async for _, _, standing in self._alerts.newest():
                found.append(standing.seen(now))
                if len(found) == LOOKED_THROUGH:
                    break
            self._newest, self._read_at = found, time.monotonic()
        return self._newest

    async def alert(self, name: str) -> AlertSeen | None:
        """One alert as it stands now; none if it is not kept any more."""
        standing = (await self._alerts.load([name])).get(name)
        return standing.seen(datetime.now(UTC)) if standing else None

    async def customer(self, customer: str) -> Customer | None:
        """A customer by any of their ids; none if no touchpoint of this id has been folded."""
        person = await find(self._redis, self._settings, customer)
        alerts = await self._alerts.of(person.keys)
        profile = person.profiles.get(person.keys[0])
        if profile is None or not profile.facts.touchpoints:
            return None
        now = datetime.now(UTC)
        seen = [standing.seen(now) for _, standing in alerts]
        return portrait(profile, person.keys, seen, self._clock.now(), self._settings.policy)

    def keeps(self, facet: FacetName) -> bool:
        """Whether the policy has this side of customers kept."""
        return facet not in self._settings.policy.without

    async def section(self, name: str, kind: type[Told]) -> Told | None:
        """What all customers come to in this respect; none before the first census, by this release."""
        held = await self._population.section(name)
        try:
            return None if held is None else kind.model_validate_json(held)
        except ValidationError:
            return None

    async def days(self, name: str, kind: type[Told]) -> list[Told]:
        """The same as each of the days that are kept ended, the oldest first."""
        return [kind.model_validate_json(each) for each in await self._population.days(name)]

    async def roster(self, order: Order, wanted: Wanted, after: str | None, limit: int) -> Roster | None:
        """So many customers, the first in an order, after `next` of another page; none before the first census."""
        return await self._roster.page(order, wanted, after, limit)

    async def models(self) -> tuple[int, list[dict[str, Any]]]:
        """The version that scores, and the cards of all that are kept, the newest first."""
        return await self._cards.shown()

    async def handle(self, name: str, handled: Handled) -> AlertSeen | None:
        """Do something with an alert; how it stands now, or none if it is not kept any more.

        Raises:
            NotAcknowledgedError: if the broker is away; then it is to be done again.
        """
        standing = await handle(self._alerts, self._producer, self._settings, name, handled)
        self._read_at = float("-inf")
        return standing.seen(datetime.now(UTC)) if standing else None
