"""A connection to Redis that answers soon or not at all, for those whom somebody waits for."""

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from schemas.settings import Settings

_PATIENCE = 2.0
"""Seconds that Redis may take to answer."""


def prompt_redis(settings: Settings) -> Redis:
    """A client that tries once. A Redis that takes connections and says nothing is as good as away; without a limit, it
    would be waited for without end."""
    return Redis.from_url(
        settings.redis_url,
        socket_timeout=_PATIENCE,
        socket_connect_timeout=_PATIENCE,
        retry=Retry(NoBackoff(), 0),
    )
