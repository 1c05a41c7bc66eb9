"""The same work as a Quix Streams application, as its documentation teaches it: a stateful function on its own RocksDB.

    python -m benchmarks.peers.quix

It runs in an environment of its own (see `environment`), from the root of the repository. Its state is backed by a
changelog topic, which is Quix Streams' default and what stands for the store of the others.
"""

import asyncio
import os
from collections import defaultdict
from pathlib import Path
from typing import Any

from quixstreams import Application, State, message_context
from redis.asyncio import Redis

from benchmarks.peers.progress import Progress
from processors.advance import advance
from processors.kinds import KindRules
from processors.models import Models
from processors.reading import read
from schemas.settings import load_settings
from streams.store.documents import read_profile, write_profile
from streams.store.models import ModelStore
from streams.topics import ALERTS, OUTCOMES, TOUCHPOINTS

settings = load_settings()
noted, rules, policy = Path(os.environ["BENCHMARK_PROGRESS"]), KindRules(), settings.policy
progress = Progress(noted)
stream_time: defaultdict[int, float] = defaultdict(float)


async def served() -> Models:
    async with Redis.from_url(settings.redis_url) as redis:
        models = await ModelStore(redis, settings).serving()
    assert models is not None
    return models


models = asyncio.run(served())
app = Application(
    broker_address=settings.broker_url,
    consumer_group=os.environ["BENCHMARK_GROUP"],
    auto_offset_reset="earliest",
    state_dir=noted.with_suffix(".state"),
    loglevel="WARNING",
    on_message_processed=lambda _, partition, offset: progress.note(partition, offset),
)
touchpoints = app.topic(settings.topic(TOUCHPOINTS), key_deserializer="str", value_deserializer="bytes")
alerts = app.topic(settings.topic(ALERTS), value_serializer="bytes")
outcomes = app.topic(settings.topic(OUTCOMES), value_serializer="bytes")


def fold(value: bytes, key: str, timestamp: int, _: Any, state: State) -> list[tuple[Any, bytes]]:
    """Advance the customer by one touchpoint; what came of it, and the topic that each belongs to."""
    context = message_context()
    now = stream_time[context.partition] = max(stream_time[context.partition], timestamp / 1000)
    touch = read(value, timestamp / 1000, rules, context.partition, context.offset)
    step = advance(read_profile(touch.customer, state.get_bytes("profile")), [touch], now, models, policy)
    state.set_bytes("profile", write_profile(step.profile))
    return [
        *((alerts, alert.model_dump_json(exclude_none=True).encode()) for alert in step.alerts),
        *((outcomes, outcome.model_dump_json().encode()) for outcome in step.outcomes),
    ]


made = app.dataframe(touchpoints).apply(fold, stateful=True, expand=True, metadata=True)
for topic in (alerts, outcomes):
    made.filter(lambda each, topic=topic: each[0] is topic).apply(lambda each: each[1]).to_topic(topic)

if __name__ == "__main__":
    app.run()
