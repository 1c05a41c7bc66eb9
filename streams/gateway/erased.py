"""Who was erased, as a gateway knows it: what comes of them later is dropped here, before it is written anywhere.

A gateway looks at Redis every second. Between an erasure and that look, and for as long as Redis does not answer, the
workers drop what still comes through.
"""

import asyncio
import contextlib
import logging
from types import TracebackType
from typing import Any

from redis.exceptions import RedisError

from schemas.settings import Settings
from streams.store.connecting import prompt_redis
from streams.store.erased import ErasedStore, digest_of

logger = logging.getLogger(__name__)

LOOK_EVERY = 1.0
_NAMES = (("userId", "user_id"), ("anonymousId", "anonymous_id"), ("previousId", "previous_id"))


class Erased:
    """A copy of the digests in Redis, from `async with` on; the last one known while Redis is away, or nobody's if it
    was away from the start: a gateway takes touchpoints in without it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._digests: frozenset[str] = frozenset()
        self._failing = False

    async def __aenter__(self) -> "Erased":
        self._redis = prompt_redis(self._settings)
        self._store = ErasedStore(self._redis, self._settings)
        await self.look()
        self._looking = asyncio.create_task(self._look_on())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._looking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._looking
        await self._redis.aclose()

    async def look(self) -> None:
        """See who was erased since the last look."""
        try:
            if await self._store.count() != len(self._digests):
                self._digests = await self._store.digests()
        except RedisError as error:
            if not self._failing:
                logger.warning(
                    "Redis does not say who was erased (%s): going by the %d ids known last; workers drop what comes of"
                    " others",
                    type(error).__name__,
                    len(self._digests),
                )
            self._failing = True
        else:
            if self._failing:
                logger.info("Redis says again who was erased")
            self._failing = False

    def without(self, event: dict[str, Any]) -> dict[str, Any] | None:
        """An event as it may be kept: none of it if it is an erased customer's; without an erased visitor's id, or
        former id, if it is somebody else's."""
        if not self._digests:
            return event
        user, visitor, former = (_id(event, name) for name in _NAMES)
        if self._holds(user or f"anon:{visitor}"):
            return None
        gone: set[str] = set()
        if visitor and self._holds(f"anon:{visitor}"):
            gone |= set(_NAMES[1])
        if former and (self._holds(former) or self._holds(f"anon:{former}")):
            gone |= set(_NAMES[2])
        return {name: value for name, value in event.items() if name not in gone} if gone else event

    def is_in(self, found: Any) -> bool:
        """Whether an erased id is anywhere in JSON that was not understood: nobody knows which of it is an id."""
        waiting = [found] if self._digests else []
        while waiting:
            item = waiting.pop()
            if isinstance(item, dict | list):
                waiting.extend(item.values() if isinstance(item, dict) else item)
            elif isinstance(item, str | int):
                customer = str(item).strip()
                if self._holds(customer) or self._holds(f"anon:{customer}"):
                    return True
        return False

    def _holds(self, customer: str) -> bool:
        return digest_of(customer) in self._digests

    async def _look_on(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY)
            await self.look()


def _id(event: dict[str, Any], names: tuple[str, str]) -> str:
    """An id as a touchpoint has it, which understands both ways of spelling; nothing if there is none."""
    said = next((event[name] for name in names if event.get(name) is not None), "")
    return str(said).strip()
