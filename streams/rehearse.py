"""Rehearsing the user's own rules on the log, or on a file: nothing is written, and nothing is published."""

from collections.abc import Callable, Sequence
from itertools import groupby
from operator import attrgetter

from faust.types import TP
from redis.asyncio import Redis
from redis.exceptions import RedisError

from processors.consent import ConsentRules
from processors.kinds import KindRules
from processors.models import Models, NoModels
from processors.rehearsal import Rehearsal
from schemas.policy import Policy
from schemas.settings import Settings
from schemas.touch import Touch
from streams.clock import Clock
from streams.past import stretches
from streams.person import read_erased
from streams.store.erased import digest_of
from streams.store.models import BrokenModelError, ModelStore
from streams.store.partitions import Standing
from streams.topics import TOUCHPOINTS
from streams.transport.batch import Batch
from streams.worker.reader import Reader

_PATIENCE = 2.0
"""Seconds that are waited for a Redis that may not be there."""
_TICK = 60.0
"""Seconds of stream time that are a step at the most: live, it is less, and few customers do much in a minute."""


async def current_models(settings: Settings) -> Models:
    """The models that score now; none where there are none, or no Redis to have them."""
    redis: Redis = Redis.from_url(settings.redis_url, socket_connect_timeout=_PATIENCE)
    try:
        return await ModelStore(redis, settings).serving() or NoModels()
    except (RedisError, BrokenModelError):
        return NoModels()
    finally:
        await redis.aclose()


async def rehearse_log(
    settings: Settings, policy: Policy, models: Models, partitions: int, progress: Callable[[int], None]
) -> list[Rehearsal]:
    """The log lived through, each partition on its own clock; `progress` hears how many records were read.

    Raises:
        aiokafka.errors.KafkaError: if the broker is away.
    """
    reader = Reader(KindRules(settings.kinds), ConsentRules(settings.consent), _TICK, Clock(settings))
    erased, done, rehearsals = await read_erased(settings), 0, []
    for partition in range(partitions):
        rehearsal, standing = Rehearsal(policy, models), Standing(None, 0.0)
        place = TP(settings.topic(TOUCHPOINTS), partition)
        async for records, end in stretches(settings, partition):
            for part in reader.slices(Batch(place, records, None, end), standing):
                touches = [
                    touch for name, theirs in part.touches.items() if digest_of(name) not in erased for touch in theirs
                ]
                rehearsal.take(touches, part.now)
                standing = Standing(end, part.now)
            done += len(records)
            progress(done)
        rehearsals.append(rehearsal.over())
    return rehearsals


def rehearse_file(
    touches: Sequence[Touch], policy: Policy, models: Models, progress: Callable[[int], None]
) -> Rehearsal:
    """Touches in the order of time lived through; `progress` hears how many were taken."""
    rehearsal, done = Rehearsal(policy, models), 0
    for at, group in groupby(touches, key=attrgetter("at")):
        together = list(group)
        rehearsal.take(together, at)
        done += len(together)
        progress(done)
    return rehearsal.over()
