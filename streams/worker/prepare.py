"""What must be there before a worker starts: a broker, a Redis that keeps things, the topics, the log it knows."""

from schemas.settings import Settings
from streams.availability import wait_for_broker, wait_for_redis
from streams.store.eviction import check_eviction
from streams.store.log import check_log
from streams.topics import declare


def prepare(settings: Settings) -> None:
    """Wait for broker and Redis, declare the topics, and check that Redis will keep them and knows their log.

    Raises:
        UnavailableError: if one of them stays away for longer than `give_up_after`.
        SettingsError: if these settings cannot work, with what to change.
    """
    wait_for_broker(settings)
    wait_for_redis(settings)
    check_eviction(settings)
    declare(settings)
    check_log(settings)
