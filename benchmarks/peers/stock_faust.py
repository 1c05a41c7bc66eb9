"""The same work in stock Faust, as its documentation teaches it: an agent, an event at a time.

    FAUST_LOOP=uvloop faust -A benchmarks.peers.stock_faust worker --without-web

Every event reads its customer's profile from Redis, advances it, sends what came of it, and writes it back.
"""

import os
from collections import defaultdict
from pathlib import Path
from typing import Any

import faust
from redis.asyncio import Redis

from benchmarks.peers.plain_profiles import PlainProfiles
from benchmarks.peers.progress import Progress
from processors.advance import advance
from processors.kinds import KindRules
from processors.reading import read
from schemas.settings import load_settings
from streams.store.models import ModelStore
from streams.topics import ALERTS, OUTCOMES, TOUCHPOINTS

settings = load_settings()
redis: Redis = Redis.from_url(settings.redis_url)
profiles, rules = PlainProfiles(redis, settings), KindRules()
progress = Progress(Path(os.environ["BENCHMARK_PROGRESS"]))

app = faust.App(
    os.environ["BENCHMARK_GROUP"],
    broker=f"kafka://{settings.broker_url}",
    topic_disable_leader=True,
    broker_session_timeout=settings.session_timeout.total_seconds(),
    broker_heartbeat_interval=settings.session_timeout.total_seconds() / 5,
)
touchpoints = app.topic(settings.topic(TOUCHPOINTS), value_serializer="raw")
alerts = app.topic(settings.topic(ALERTS), value_serializer="raw")
outcomes = app.topic(settings.topic(OUTCOMES), value_serializer="raw")


@app.agent(touchpoints)
async def fold(stream: Any) -> None:
    models = await ModelStore(redis, settings).serving()
    assert models is not None
    stream_time: defaultdict[int, float] = defaultdict(float)
    async for event in stream.events():
        message = event.message
        now = stream_time[message.partition] = max(stream_time[message.partition], message.timestamp)
        touch = read(event.value, message.timestamp, rules, message.partition, message.offset)
        step = advance(await profiles.get(touch.customer), [touch], now, models, settings.policy)
        for alert in step.alerts:
            await alerts.send(key=alert.customer, value=alert.model_dump_json(exclude_none=True).encode())
        for outcome in step.outcomes:
            await outcomes.send(key=outcome.customer, value=outcome.model_dump_json().encode())
        await profiles.set(step.profile)
        progress.note(message.partition, message.offset)
