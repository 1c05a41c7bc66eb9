"""How much memory Redis uses, for Prometheus: a full one refuses to save, and says so only then."""

import logging

from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError

from streams.worker import metrics

logger = logging.getLogger(__name__)


async def show_memory(redis: Redis) -> None:
    """Ask Redis once, and show what it says."""
    try:
        memory = await redis.info("memory")
    except ResponseError:
        return  # A user who may not ask; whoever set this up has to know.
    except RedisError as error:
        logger.debug("Cannot ask Redis for its memory: %s", error)
        return
    metrics.REDIS_USED.set(memory.get("used_memory", 0))
    metrics.REDIS_MAX.set(memory.get("maxmemory", 0))
