"""What fails is tried again until it works, and is counted by whose failure it was."""

from datetime import timedelta

import pytest
from aiokafka.errors import KafkaConnectionError, MessageSizeTooLargeError
from prometheus_client import REGISTRY
from redis.exceptions import ConnectionError as RedisConnectionError

from streams.worker.patience import Patience

FOR_EVER = timedelta(0)


def counted(after: str) -> tuple[float, float]:
    """Errors and retries."""
    errors = REGISTRY.get_sample_value(f"ebbflow_{after}_errors_total")
    retries = REGISTRY.get_sample_value("ebbflow_retries_total", {"after": after})
    return errors or 0.0, retries or 0.0


class Step:
    """A step that fails as long as there are errors left, and then says so."""

    def __init__(self, *errors: Exception) -> None:
        self._errors = list(errors)

    async def __call__(self) -> str:
        if self._errors:
            raise self._errors.pop(0)
        return "done"


@pytest.mark.parametrize(
    ("after", "other", "error"),
    [("redis", "broker", RedisConnectionError()), ("broker", "redis", KafkaConnectionError())],
)
async def test_a_failure_is_counted_where_it_belongs_and_tried_again(after: str, other: str, error: Exception) -> None:
    before, elsewhere = counted(after), counted(other)
    assert await Patience(FOR_EVER)(Step(error)) == "done"
    assert counted(after) == (before[0] + 1, before[1] + 1)
    assert counted(other) == elsewhere


async def test_what_works_at_once_counts_as_nothing() -> None:
    before = counted("redis"), counted("broker")
    assert await Patience(FOR_EVER)(Step()) == "done"
    assert (counted("redis"), counted("broker")) == before


async def test_what_would_fail_for_ever_is_not_tried_again() -> None:
    before = counted("broker")
    with pytest.raises(MessageSizeTooLargeError):
        await Patience(FOR_EVER)(Step(MessageSizeTooLargeError()))
    assert counted("broker") == before
