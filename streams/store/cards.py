"""The cards of model versions, as they were written: to read them takes neither River nor the key of the seal."""

import json
from typing import Any, cast

from redis.asyncio import Redis

from schemas.settings import Settings


class CardStore:
    """Reads the cards that stand beside the models; see `streams.store.models`."""

    def __init__(self, redis: Redis, settings: Settings) -> None:
        self._redis = redis
        self._key, self._history = settings.keyspace("model"), settings.keyspace("model:history")

    async def kept(self) -> list[int]:
        """The versions in the history, the oldest first."""
        fields = cast(list[bytes], await self._redis.hkeys(self._history))
        names = [each.decode().partition(":") for each in fields]
        return sorted(int(version) for part, _, version in names if part == "card")

    async def written(self) -> tuple[int, list[bytes]]:
        """The current version (0 before the first), and the cards in the history and that of the current one, as
        JSON."""
        kept = await self.kept()
        found = await self._redis.hmget(self._history, [f"card:{version}" for version in kept]) if kept else []
        current, card = cast(list[bytes | None], await self._redis.hmget(self._key, "version", "card"))
        cards = cast(list[bytes | None], [*found, card])
        return int(current or 0), [each for each in cards if each is not None]

    async def shown(self) -> tuple[int, list[dict[str, Any]]]:
        """The same as JSON objects, each version once, the newest first."""
        current, cards = await self.written()
        by_version = {card["version"]: card for card in map(json.loads, cards)}
        return current, [by_version[version] for version in sorted(by_version, reverse=True)]
