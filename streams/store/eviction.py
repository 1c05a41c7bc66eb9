"""Whether Redis keeps what it is given: one that drops keys when it is full would drop customers, and say nothing."""

from redis import Redis
from redis.exceptions import ResponseError

from schemas.settings import Settings, SettingsError


def check_eviction(settings: Settings) -> None:
    """Make sure that Redis refuses writes when it is full, rather than forget customers.

    Raises:
        SettingsError: if it is set up to evict keys that have no time to live.
    """
    with Redis.from_url(settings.redis_url) as redis:
        try:
            memory = redis.info("memory")
        except ResponseError:
            return  # A user who may not ask; whoever set this up has to know.
    policy = memory.get("maxmemory_policy", "noeviction")
    if memory.get("maxmemory") and policy.startswith("allkeys"):
        raise SettingsError(
            f"this Redis forgets customers when it is full (maxmemory-policy {policy}): set it to noeviction"
        )
