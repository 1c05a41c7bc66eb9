"""The same work in a bare loop around aiokafka: what Ebbflow's worker could cost if all but the work were free.

    python -m benchmarks.peers.bare_aiokafka

The same reading and the same `advance`, profiles loaded and saved by the same two calls a batch; no timers, no slices
of stream time, no metrics, no rejected records, no rebalances, no patience with a broker or a store that is away.
"""

import asyncio
import gc
import os
from collections import defaultdict

import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from redis.asyncio import Redis

from processors.advance import advance
from processors.kinds import KindRules
from processors.reading import read
from schemas.settings import Settings, load_settings
from schemas.touch import Touch
from streams.store.models import ModelStore
from streams.store.partitions import PartitionStore
from streams.topics import TOUCHPOINTS
from streams.worker.messages import messages_of


async def loop(settings: Settings, group: str) -> None:
    """Work for ever."""
    redis: Redis = Redis.from_url(settings.redis_url)
    store, rules, policy = PartitionStore(redis, settings), KindRules(), settings.policy
    models = await ModelStore(redis, settings).serving()
    assert models is not None
    consumer = AIOKafkaConsumer(
        settings.topic(TOUCHPOINTS),
        bootstrap_servers=settings.broker_url,
        group_id=group,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=4 * 1024 * 1024,
        session_timeout_ms=int(settings.session_timeout.total_seconds() * 1000),
    )
    # As the worker does it.
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
    async with consumer, AIOKafkaProducer(bootstrap_servers=settings.broker_url, linger_ms=5) as producer:
        last: defaultdict[int, str] = defaultdict(str)
        while True:
            fetched = await consumer.getmany(timeout_ms=1000, max_records=settings.batch_records)
            for tp, records in fetched.items():
                touches: defaultdict[str, list[Touch]] = defaultdict(list)
                for record in records:
                    touch = read(record.value, record.timestamp / 1000, rules, tp.partition, record.offset)
                    touches[touch.customer].append(touch)
                now = records[-1].timestamp / 1000
                loaded = await store.load(tp.partition, list(touches), now, last[tp.partition])
                steps = {
                    customer: advance(loaded.profiles[customer], mine, now, models, policy)
                    for customer, mine in touches.items()
                }
                messages = {customer: said for customer, step in steps.items() if (said := messages_of(step, now))}
                profiles = [step.profile for step in steps.values()]
                end = records[-1].offset + 1
                saved = await store.save(tp.partition, loaded.standing, end, now, profiles, {}, messages)
                sent = [
                    await producer.send(settings.topic(each.topic), each.value.encode(), each.key.encode())
                    for said in messages.values()
                    for each in said
                ]
                await asyncio.gather(*sent)
                last[tp.partition] = saved.standing.step
            if fetched:
                await consumer.commit()


if __name__ == "__main__":
    uvloop.run(loop(load_settings(), os.environ["BENCHMARK_GROUP"]))
