"""The customers in an order that says whom to look at first, for those who may read: from Redis, in milliseconds."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from redis.asyncio import Redis
from redis.exceptions import RedisError

from processors.roster import Wanted
from schemas.roster import Order, Roster, Standing
from schemas.segments import Stage
from schemas.settings import Settings
from streams.gateway.lookup import away
from streams.gateway.openapi import of_count
from streams.gateway.refusal import Refusal
from streams.gateway.tokens import reader
from streams.store.roster import PLACE, RosterStore

After = Annotated[str, Query(max_length=400, pattern=PLACE, description="`next` of an answer.")]


class CustomerRoster:
    """The route."""

    def __init__(self, settings: Settings, redis: Redis) -> None:
        self._store = RosterStore(redis, settings)

    @property
    def router(self) -> APIRouter:
        """The route."""
        router = APIRouter(dependencies=[Depends(reader)])
        router.add_api_route(
            "/v1/customers",
            self.roster,
            response_model=Roster,
            responses=of_count(),
            summary="Customers by risk, value or engagement",
        )
        return router

    async def roster(
        self,
        order: Annotated[Order, Query(description="What the largest of comes first.")] = "churn_risk",
        segment: Annotated[list[str] | None, Query(description="Only of one of these segments, of any kind.")] = None,
        lifecycle: Annotated[list[Stage] | None, Query(description="Only in one of these stages.")] = None,
        status: Annotated[list[Standing] | None, Query(description="Only who stands so.")] = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
        after: After | None = None,
    ) -> Roster:
        """As the census found each when it last came by; `at` tells when it was last through. 404 before the first."""

        wanted = Wanted(segment or (), lifecycle or (), status or ())
        try:
            found = await self._store.page(order, wanted, after, limit)
        except RedisError as error:
            raise away() from error
        if found is None:
            advice = "a worker that learns lists all customers, soon after it has started"
            raise Refusal(404, "not_counted", "the customers have not been listed yet", advice)
        return found
