"""Alerts for those who look them up, and what their team does with them."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import ValidationError
from redis.asyncio import Redis
from redis.exceptions import RedisError

from processors.subscriptions import is_of
from processors.usefulness import usefulness
from schemas.alert import AlertKind, Severity
from schemas.handling import Alerts, AlertSeen, AlertStanding, Handled, Status, Usefulness
from schemas.settings import Settings
from streams.gateway.body import Bodies
from streams.gateway.openapi import of_body
from streams.gateway.refusal import Refusal
from streams.gateway.tokens import member, reader
from streams.handling import handle
from streams.producer import NotAcknowledgedError, Producer
from streams.store.alerts import AlertStore

Id = Annotated[str, Path(pattern="^[0-9a-f]{24}$", description="The id of an alert, as it was opened.")]
Before = Annotated[str, Query(pattern=r"^\d{1,12}(\.\d{1,6})?:[0-9a-f]{24}$", description="`next` of an answer.")]


class AlertDesk:
    """The routes of alerts."""

    def __init__(self, settings: Settings, redis: Redis, producer: Producer) -> None:
        self._store, self._producer = AlertStore(redis, settings), producer
        self._settings, self._bodies = settings, Bodies(settings.client_timeout)

    @property
    def router(self) -> APIRouter:
        """The routes."""
        router = APIRouter(prefix="/v1/alerts")
        reading, handling = [Depends(reader)], [Depends(member)]
        router.add_api_route("", self.newest, dependencies=reading, response_model=Alerts, summary="The newest alerts")
        router.add_api_route(
            "/usefulness",
            self.usefulness,
            dependencies=reading,
            response_model=list[Usefulness],
            summary="How many of the alerts that people rated were of use",
        )
        router.add_api_route(
            "/{id}", self.one, dependencies=reading, response_model=AlertSeen, summary="One alert, as it stands"
        )
        router.add_api_route(
            "/{id}",
            self.handle,
            methods=["POST"],
            dependencies=handling,
            response_model=AlertSeen,
            openapi_extra=of_body(Handled),
            summary="Acknowledge, snooze, resolve, reopen or rate an alert",
        )
        return router

    async def newest(
        self,
        kind: Annotated[list[AlertKind] | None, Query(description="Only these kinds.")] = None,
        severity: Annotated[list[Severity] | None, Query(description="Only these severities.")] = None,
        segment: Annotated[list[str] | None, Query(description="Only of customers who were in one of these.")] = None,
        status: Annotated[list[Status] | None, Query(description="Only what stands so.")] = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
        before: Before | None = None,
    ) -> Alerts:
        """Alerts from the newest to the oldest."""
        now, found = datetime.now(UTC), list[AlertSeen]()
        place = last = _place(before) if before else None
        try:
            async for at, name, standing in self._store.newest(place):
                seen = standing.seen(now)
                if (
                    (not kind or seen.alert.kind in kind)
                    and (not severity or seen.alert.severity in severity)
                    and (not segment or is_of(seen.alert, segment))
                    and (not status or seen.status in status)
                ):
                    if len(found) == limit:
                        return Alerts(alerts=found, next=last and f"{last[0]!r}:{last[1]}")
                    found.append(seen)
                    last = at, name
        except RedisError as error:
            raise _away() from error
        return Alerts(alerts=found)

    async def usefulness(self) -> list[Usefulness]:
        """By kind, among the alerts that can be looked up."""
        try:
            return usefulness([standing async for _, _, standing in self._store.newest()])
        except RedisError as error:
            raise _away() from error

    async def one(self, id: Id) -> AlertSeen:
        """404 if it is too old to be looked up, or was never there."""
        try:
            standing = (await self._store.load([id])).get(id)
        except RedisError as error:
            raise _away() from error
        return _found(standing).seen(datetime.now(UTC))

    async def handle(self, request: Request, id: Id) -> AlertSeen:
        """It is noted at once, and stands among the customer's touchpoints: 503 if the broker does not acknowledge
        that; then it is to be sent again."""
        async with self._bodies.of(request) as body:
            handled = _handled(body)
        try:
            standing = _found(await handle(self._store, self._producer, self._settings, id, handled))
        except RedisError as error:
            raise _away() from error
        except NotAcknowledgedError as error:
            raise Refusal(503, "broker_unavailable", str(error), "send it again") from error
        return standing.seen(datetime.now(UTC))


def _handled(body: bytes) -> Handled:
    try:
        return Handled.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        words = first["msg"].removeprefix("Value error, ")
        raise Refusal(400, "invalid", words, ".".join(map(str, first["loc"]))) from None


def _place(before: str) -> tuple[float, str]:
    at, _, name = before.partition(":")
    return float(at), name


def _found(standing: AlertStanding | None) -> AlertStanding:
    if standing is None:
        raise Refusal(404, "not_found", "there is no such alert", "older ones are on the topic of alerts")
    return standing


def _away() -> Refusal:
    return Refusal(503, "redis_unavailable", "Redis does not answer", "try again soon")
