"""Patience: what to do while Redis or the broker is away. Wait, try again, say so; give up only when told to."""

import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar

from aiokafka.errors import (
    InvalidTopicError,
    KafkaError,
    MessageSizeTooLargeError,
    TopicAuthorizationFailedError,
)
from faust.exceptions import ProducerSendError
from redis.exceptions import BusyLoadingError, OutOfMemoryError, ReadOnlyError, RedisError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception,
    stop_after_delay,
    stop_never,
    wait_exponential_jitter,
)

from streams.worker import metrics

logger = logging.getLogger(__name__)
Result = TypeVar("Result")

_REDIS = (RedisConnectionError, RedisTimeoutError, BusyLoadingError, OutOfMemoryError, ReadOnlyError)
_BROKER = (KafkaError, ProducerSendError)
# These come back however often one tries.
_LASTING = (MessageSizeTooLargeError, InvalidTopicError, TopicAuthorizationFailedError)


def _passing(error: BaseException) -> bool:
    lasting = isinstance(error, _LASTING) or isinstance(error.__cause__, _LASTING)
    return isinstance(error, (*_REDIS, *_BROKER)) and not lasting


class Patience:
    """Runs a step again until it works. Every step of a worker may be repeated: nothing is lost or doubled by it."""

    def __init__(self, give_up_after: timedelta) -> None:
        seconds = give_up_after.total_seconds()
        self._stop = stop_after_delay(seconds) if seconds else stop_never

    async def __call__(self, step: Callable[[], Awaitable[Result]]) -> Result:
        """What the step returns, in the end; raises its last error when patience is at an end."""
        try:
            return await step()
        except Exception as error:
            # Nearly always it works at once, and patience itself costs more than a call to Redis.
            if not _passing(error):
                raise
            _count(error)
            retries = metrics.RETRIES.labels("redis" if isinstance(error, RedisError) else "broker")
        async for attempt in AsyncRetrying(
            retry=retry_if_exception(_passing),
            wait=wait_exponential_jitter(initial=0.1, max=10.0),
            stop=self._stop,
            before_sleep=_complain,
            reraise=True,
        ):
            retries.inc()
            with attempt:
                return await step()
        raise AssertionError("unreachable: retrying either returns or raises")


def _complain(state: RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    wait = state.next_action.sleep if state.next_action else 0.0
    if error is not None:
        logger.warning("%s failed (%s); trying again in %.1f s", _count(error), error, wait)


def _count(error: BaseException) -> str:
    """Count a failure; who failed."""
    if isinstance(error, RedisError):
        metrics.REDIS_ERRORS.inc()
        return "Redis"
    metrics.BROKER_ERRORS.inc()
    return "the broker"
