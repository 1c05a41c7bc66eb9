"""Looking up what is known: a customer, and the models. From Redis alone, in milliseconds."""

from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, Field
from redis.asyncio import Redis
from redis.exceptions import RedisError

from processors.portrait import portrait
from schemas.customer import Customer
from schemas.profile import Profile
from schemas.settings import Settings
from streams.clock import Clock
from streams.gateway.customers import EXPORT, LONGEST, CustomerId
from streams.gateway.direct import Direct
from streams.gateway.refusal import Refusal
from streams.gateway.tokens import reader
from streams.person import find
from streams.store.alerts import AlertStore
from streams.store.asking import ask
from streams.store.cards import CardStore
from streams.store.documents import read_profile
from streams.store.profiles import ProfileStore

_CUSTOMERS = "/v1/customers/"
_ONE = _CUSTOMERS + "{customer:path}"


class Models(BaseModel):
    """The versions of the models."""

    current: int = Field(description="The version that scores; 0 before the first.")
    cards: list[dict[str, Any]] = Field(description="What each version has seen, and how good it was; newest first.")


class Lookup:
    """The routes for those who may read."""

    def __init__(self, settings: Settings, redis: Redis) -> None:
        self._settings, self._redis, self._clock = settings, redis, Clock(settings)
        self._alerts, self._cards = AlertStore(redis, settings), CardStore(redis, settings)
        self._profiles = ProfileStore(redis, settings)

    @property
    def router(self) -> APIRouter:
        """The routes."""
        router = APIRouter(dependencies=[Depends(reader)])
        router.add_api_route(
            _ONE, self.customer, response_model=Customer, summary="All that is worth knowing of one customer"
        )
        router.add_api_route("/v1/models", self.models, response_model=Models, summary="The versions of the models")
        return router

    @property
    def direct(self) -> Direct:
        """The way to one customer, for any id that is one."""
        return Direct(_ONE, rf"{_CUSTOMERS}(.{{1,{LONGEST}}})(?<!{EXPORT})", reader, self.customer)

    async def customer(self, customer: CustomerId) -> Response:
        """By any of their ids. 404 if no touchpoint of this id has been folded."""
        now = datetime.now(UTC)
        try:
            found, names = await self._look(customer)
            person = await find(self._redis, self._settings, customer, found)
            alone = person.keys == (customer,)
            alerts = await (self._alerts.newest_of(names) if alone else self._alerts.of(person.keys))
        except RedisError as error:
            raise away() from error
        profile = person.profiles.get(person.keys[0])
        if profile is None or not profile.facts.touchpoints:
            raise Refusal(404, "not_found", "nothing is known of this customer", "anonymous ids begin with anon:")
        # What people snoozed they did by their own clock.
        seen = [standing.seen(now) for _, standing in alerts]
        shown = portrait(profile, person.keys, seen, self._clock.now(), self._settings.policy)
        return Response(shown.model_dump_json(), media_type="application/json")

    async def _look(self, customer: str) -> tuple[Profile, list[str]]:
        """What there is under the key that was asked about, and the ids of its alerts, in one go: nearly always that is
        all there is of somebody."""
        held, names = await ask(self._redis, ("GET", self._profiles.key(customer)), self._alerts.question(customer))
        return read_profile(customer, held), [name.decode() for name in names]

    async def models(self) -> Models:
        """Their cards: what each has seen, its prequential measures beside the baselines', its calibration."""
        try:
            current, cards = await self._cards.shown()
        except RedisError as error:
            raise away() from error
        return Models(current=current, cards=cards)


def away() -> Refusal:
    """Redis cannot be asked."""
    return Refusal(503, "redis_unavailable", "Redis does not answer", "try again soon")
