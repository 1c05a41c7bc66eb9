"""What all customers come to, for those who may read: a route for each section of the population."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from redis.asyncio import Redis
from redis.exceptions import RedisError

from processors.population import LEARNED, SECTIONS
from schemas.population import Section
from schemas.settings import Settings
from streams.gateway.lookup import away
from streams.gateway.openapi import of_count
from streams.gateway.refusal import Refusal
from streams.gateway.tokens import reader
from streams.store.population import DAYS_KEPT, PopulationStore

Days = Annotated[int, Query(ge=0, le=DAYS_KEPT, description="So many days before today, as each of them ended.")]


class Sections:
    """The routes, from Redis alone."""

    def __init__(self, settings: Settings, redis: Redis) -> None:
        self._store = PopulationStore(redis, settings)

    @property
    def router(self) -> APIRouter:
        """The routes."""
        router = APIRouter(dependencies=[Depends(reader)])
        counted: dict[str, Any] = {name: tally.told.__annotations__["return"] for name, tally in SECTIONS.items()}
        for name, section in (counted | dict(LEARNED)).items():
            summary = (section.__doc__ or "").splitlines()[0].rstrip(".")
            router.add_api_route(
                f"/v1/{name}",
                self._latest(name, section),
                response_model=section,
                responses=of_count(),
                summary=summary,
            )
            router.add_api_route(
                f"/v1/{name}/days",
                self._days(name, section),
                response_model=list[section],  # type: ignore[valid-type]
                summary=f"The same, day by day, the oldest first: {name}",
            )
        return router

    def _latest(self, name: str, section: type[Section]) -> Callable[[], Awaitable[Section]]:
        async def latest() -> Section:
            try:
                held = await self._store.section(name)
            except RedisError as error:
                raise away() from error
            if held is None:
                advice = "a worker that learns counts all customers, soon after it has started; see policy.without, too"
                if name in LEARNED:
                    advice = "it is learned from predictions that have come due"
                raise Refusal(404, "not_counted", "the customers have not been counted yet", advice)
            return section.model_validate_json(held)

        return latest

    def _days(self, name: str, section: type[Section]) -> Callable[[int], Awaitable[list[Section]]]:
        async def days(days: Days = 30) -> list[Section]:
            try:
                held = await self._store.days(name)
            except RedisError as error:
                raise away() from error
            return [section.model_validate_json(each) for each in held][-days:] if days else []

        return days
