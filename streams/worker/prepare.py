"""What must be there before a worker starts: a broker, Redis, the topics, and the log that the profiles know."""

from schemas.settings import Settings
from streams.availability import wait_for_broker, wait_for_redis
from streams.store.log import check_log
from streams.topics import declare


def prepare(settings: Settings) -> None:
    """Wait for broker and Redis, declare the topics, and check the log.

    Raises:
        UnavailableError: if one of them stays away for longer than `give_up_after`.
        SettingsError: if these settings cannot work, with what to change.
    """
    wait_for_broker(settings)
    wait_for_redis(settings)
    declare(settings)
    check_log(settings)
