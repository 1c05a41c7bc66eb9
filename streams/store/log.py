"""Which log the profiles in Redis were folded from: their offsets mean nothing in another one."""

from redis import Redis

from schemas.settings import Settings, SettingsError
from streams.group import committed
from streams.topics import TOUCHPOINTS, topic_id


def check_log(settings: Settings) -> None:
    """Make sure that the touchpoints topic is the one that the profiles know; the first worker of all notes it down.

    Raises:
        SettingsError: if the topic was deleted and made anew: its offsets start over, so every new touchpoint would be
            taken for a repeat. Or if Redis knows of nothing although touchpoints were folded before: what they said
            would be missing from then on.
    """
    name, found = settings.topic(TOUCHPOINTS), topic_id(settings, TOUCHPOINTS)
    key = settings.keyspace("log")
    with Redis.from_url(settings.redis_url) as redis:
        known = (redis.get(key) or b"").decode()
        if known == found:
            return
        if known:
            raise SettingsError(
                f"the topic {name} was made anew since the profiles in Redis were folded from it: its "
                "offsets start over, and new touchpoints would be taken for repeats. Forget these profiles and begin "
                "with the new topic by `ebbflow rebuild`, or set another EBBFLOW_PREFIX"
            )
        if folded := sum(committed(settings, TOUCHPOINTS).values()):
            raise SettingsError(
                f"Redis has no profiles, although {folded} touchpoints were folded before: it was emptied, or is "
                "another one. Check EBBFLOW_REDIS_URL, or build the profiles again from the log by `ebbflow rebuild`"
            )
        note_log(settings, found, redis)


def note_log(settings: Settings, topic: str, redis: Redis) -> None:
    """Note the id of the topic that the profiles are folded from."""
    redis.set(settings.keyspace("log"), topic)
