"""What admins may do with everything that is held of a customer: have it all, and have it gone."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, Field
from redis.exceptions import RedisError, WatchError

from schemas.handling import AlertStanding
from schemas.settings import Settings
from streams.gateway.erased import Erased
from streams.gateway.refusal import Refusal
from streams.gateway.tokens import admin
from streams.person import erase, export
from streams.producer import NotAcknowledgedError, Producer
from streams.store.connecting import prompt_redis

LONGEST = 300
"""Characters of a customer's id."""
CustomerId = Annotated[
    str, Path(min_length=1, max_length=LONGEST, description="A user id, or `anon:` and an anonymous id.")
]
EXPORT = "/export"
"""What follows an id where all that is held is asked for."""


class Erasure(BaseModel):
    """What was erased."""

    keys: int = Field(description="Ids that are known as erased from now on.")
    profiles: int = Field(description="Profiles that were removed.")


class Held(BaseModel):
    """Everything that is held of a person."""

    customer: str = Field(description="The key under which the person is known now.")
    keys: list[str] = Field(description="Every key of theirs.")
    profiles: list[dict[str, Any]] = Field(description="What is remembered under each key; see profile.json.")
    published: dict[str, dict[str, str]] = Field(description="The fields that other services may read, by key.")
    listed: dict[str, dict[str, Any]] = Field(description="What stands of each key on the roster.")
    alerts: list[AlertStanding] = Field(description="Their alerts, and what people made of them.")
    erased: list[str] = Field(description="Those of the keys that were erased.")


class Customers:
    """The routes about one customer, for admins."""

    def __init__(self, settings: Settings, producer: Producer, erased: Erased) -> None:
        self._settings, self._producer, self._erased = settings, producer, erased

    @property
    def router(self) -> APIRouter:
        """The routes."""
        router = APIRouter(dependencies=[Depends(admin)])
        path = "/v1/customers/{customer:path}"
        router.add_api_route(
            f"{path}{EXPORT}", self.export, response_model=Held, summary="All that is held of a person"
        )
        router.add_api_route(
            path, self.erase, methods=["DELETE"], response_model=Erasure, summary="Erase a person, for good"
        )
        return router

    async def export(self, customer: CustomerId) -> dict[str, Any]:
        """Profiles, ids and scores of a person under every key. 404 if nothing is held."""
        redis = prompt_redis(self._settings)
        try:
            held = await export(redis, self._settings, customer)
        except RedisError as error:
            raise _unavailable("redis_unavailable", "Redis does not answer") from error
        finally:
            await redis.aclose()
        if not held["profiles"] and not held["erased"]:
            raise Refusal(404, "not_found", "nothing is held of this customer", "anonymous ids begin with anon:")
        return held

    async def erase(self, customer: CustomerId) -> Erasure:
        """Remove all that is held of a person under every key, and take in nothing of them from now on."""
        if customer.endswith(EXPORT):
            # An answer that something was erased would be believed.
            advice = f"leave {EXPORT} out to erase; `ebbflow erase` takes an id that ends so"
            raise Refusal(400, "invalid", f"{EXPORT} is not part of an id here", advice)
        redis = prompt_redis(self._settings)
        try:
            person = await erase(redis, self._settings, self._producer, customer)
        except WatchError as error:
            raise _unavailable("busy", "too much comes in of this customer") from error
        except RedisError as error:
            raise _unavailable("redis_unavailable", "Redis does not answer") from error
        except NotAcknowledgedError as error:
            raise _unavailable("broker_unavailable", str(error)) from error
        finally:
            await redis.aclose()
        await self._erased.look()
        return Erasure(keys=len(person.keys), profiles=len(person.profiles))


def _unavailable(code: str, message: str) -> Refusal:
    return Refusal(503, code, message, "nothing is confirmed: send it again")
