"""Which log the profiles in Redis were folded from: their offsets mean nothing in another one."""

from redis import Redis

from schemas.settings import Settings, SettingsError
from streams.topics import describe


def check_log(settings: Settings) -> None:
    """Make sure that the touchpoints topic is the one that the profiles know; the first worker of all notes it down.

    Raises:
        SettingsError: if the topic was deleted and made anew. Its offsets start over, so every new touchpoint would be
            taken for a repeat.
    """
    touchpoints = describe(settings)[0]
    key = settings.keyspace("log")
    with Redis.from_url(settings.redis_url) as redis:
        if redis.set(key, touchpoints.topic_id, nx=True):
            return
        known = (redis.get(key) or b"").decode()
    if known != touchpoints.topic_id:
        raise SettingsError(
            f"the topic {touchpoints.name} was made anew since the profiles in Redis were folded from it: its offsets "
            "start over, and new touchpoints would be taken for repeats. Empty this Redis or set another EBBFLOW_PREFIX"
        )
