"""A Lua script in Redis: called by its hash, sent whole when the server does not know it yet."""

from collections.abc import Sequence
from hashlib import sha1
from pathlib import Path
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import NoScriptError


class Script:
    """One script file beside this module."""

    def __init__(self, redis: Redis, name: str) -> None:
        self._redis = redis
        self._source = (Path(__file__).parent / f"{name}.lua").read_text()
        self._sha = sha1(self._source.encode(), usedforsecurity=False).hexdigest()

    async def __call__(self, keys: Sequence[str], args: Sequence[Any] = ()) -> Any:
        """Run it; returns what it returns."""
        try:
            return await self._redis.evalsha(self._sha, len(keys), *keys, *args)
        except NoScriptError:
            return await self._redis.eval(self._source, len(keys), *keys, *args)
