"""The Faust app: `ebbflow worker`, or `faust -A streams.app worker`, runs it.

Two agents: `profiles` folds touchpoints and raises alerts, `learner` learns from outcomes. Beside them run timers: one
looks for silence, one for newer models, one for changed rules, one saves what was learned; others measure lag and
memory. Where the outcomes are learned, the customers are counted, too.
"""

import asyncio
import gc
import logging
import os
import signal
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import faust
from faust.types import TP, TransportT
from faust.types.transports import ConsumerT
from prometheus_client import start_http_server
from redis.asyncio import Redis
from redis.exceptions import RedisError

from schemas.settings import Settings, load_settings
from streams.clock import Clock
from streams.group import GROUP
from streams.store.alerts import AlertStore
from streams.store.models import ModelStore, SupersededError
from streams.store.partitions import PartitionStore
from streams.store.population import PopulationStore
from streams.store.profiles import ProfileStore
from streams.store.roster import RosterStore
from streams.topics import MAX_RECORD, OUTCOMES, TOUCHPOINTS
from streams.tracing import Tracing, tracing_of
from streams.transport import Batch, BatchSchema, BatchTransport
from streams.worker.census import CensusTaker
from streams.worker.current import CurrentPolicy
from streams.worker.lag import Lag
from streams.worker.learning import Learning
from streams.worker.memory import show_memory
from streams.worker.prepare import prepare
from streams.worker.profiler import Profiler
from streams.worker.publisher import Publisher
from streams.worker.scorer import Scorer
from streams.worker.standings import BehindError

logger = logging.getLogger(__name__)

_LOOK_FOR_MODELS = 1.0
_LOOK_FOR_RULES = 2.0
_LOOK_AT_LAG = 1.0
_LOOK_AT_MEMORY = 5.0
_COUNT_CUSTOMERS = 5.0

_AT_ONCE = 4
"""Batches of different partitions: while one waits for Redis or the broker, the next is worked on."""

_FETCH_BYTES = 6 * 1024 * 1024
"""Of a partition at once: a batch of 10,000 touchpoints of 600 bytes."""


class EbbflowApp(faust.App):
    """A Faust app on the batched transport. It keeps no tables, so it needs no directory and no leader."""

    def __init__(self, settings: Settings) -> None:
        self.ebbflow = settings
        self.prepared = False
        self.failure: Exception | None = None
        self.finishing: list[Callable[[], Awaitable[None]]] = []
        for chatty in ("kafka", "mode.timers"):
            logging.getLogger(chatty).setLevel(logging.WARNING)
        session = settings.session_timeout.total_seconds()
        super().__init__(
            settings.topic(GROUP),
            broker=[f"kafka://{address.strip()}" for address in settings.broker_url.split(",")],
            autodiscover=False,
            web_enabled=False,
            topic_disable_leader=True,
            topic_allow_declare=False,
            # A rejected record carries its original in base64.
            producer_max_request_size=MAX_RECORD,
            consumer_auto_offset_reset="earliest",
            broker_max_poll_records=settings.batch_records,
            consumer_max_fetch_size=_FETCH_BYTES,
            broker_commit_interval=1.0,
            broker_session_timeout=session,
            broker_heartbeat_interval=session / 5,
            broker_request_timeout=max(90.0, 2 * session),
        )

    def _new_transport(self) -> TransportT:
        return BatchTransport(self.conf.broker_consumer, self)

    async def on_first_start(self) -> None:
        """Have ready what the worker needs, before Faust asks for it; `ebbflow worker` has prepared it already."""
        if not self.prepared:
            await asyncio.to_thread(prepare, self.ebbflow)
        _spare_the_garbage_collector()
        if self.ebbflow.worker_metrics_port:
            start_http_server(self.ebbflow.worker_metrics_port, self.ebbflow.metrics_host)

    async def _consumer_wait_empty(self, consumer: ConsumerT, logger: Any) -> None:
        # Flow has stopped, for a rebalance or for good: what agents hold back until a checkpoint is saved now.
        for finish in self.finishing:
            async with self.failing():
                await finish()
        await super()._consumer_wait_empty(consumer, logger)

    @asynccontextmanager
    async def failing(self, batch: Batch | None = None) -> AsyncIterator[None]:
        """Stop the worker on an error that got this far: going on would lose something, or patience is at an end.

        What was begun is not acknowledged, and is done again by whoever comes next. No later batch may be worked on
        meanwhile: its offsets in the profiles would make what failed look like a repeat.
        """
        try:
            yield
        except Exception as error:
            if batch is not None:
                batch.drop()
            if self.failure is None:
                self.failure = error
                logger.critical("Stopping: %s: %s", type(error).__name__, error)
                os.kill(os.getpid(), signal.SIGTERM)


def _spare_the_garbage_collector() -> None:
    """Look for cycles seldom, and not among what was loaded at the start: batches make many objects and no cycles.

    With Python's own thresholds that took a sixth of a worker's time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


def build(settings: Settings) -> EbbflowApp:
    """The app with the agents that the settings' role asks for."""
    app = EbbflowApp(settings)
    redis: Redis = Redis.from_url(settings.redis_url)
    models, tracing, current = ModelStore(redis, settings), tracing_of("worker"), CurrentPolicy(settings)
    publisher = Publisher(app, settings, AlertStore(redis, settings), tracing)
    if settings.role in ("all", "profiles"):
        _add_profiles(app, settings, redis, models, publisher, current, tracing)
    if settings.role in ("all", "learner"):
        _add_learner(app, settings, redis, models, publisher)
        _add_census(app, settings, redis, current)
    _add_measures(app, settings, redis)
    _add_policy(app, current)
    return app


def _topic(app: EbbflowApp, name: str) -> Any:
    return app.topic(app.ebbflow.topic(name), schema=BatchSchema(), acks=False)


@asynccontextmanager
async def _rewinding(app: EbbflowApp, tp: TP) -> AsyncIterator[None]:
    """Go back in the log when what was saved has not got as far as what was read."""
    try:
        yield
    except BehindError as behind:
        logger.warning("%s", behind)
        app.consumer.rewind(tp, behind.position)


def _add_policy(app: EbbflowApp, current: CurrentPolicy) -> None:
    @app.timer(_LOOK_FOR_RULES, name="rules")
    async def look_for_rules() -> None:
        current.look()


def _add_profiles(
    app: EbbflowApp,
    settings: Settings,
    redis: Redis,
    models: ModelStore,
    publisher: Publisher,
    current: CurrentPolicy,
    tracing: Tracing,
) -> None:
    scorer = Scorer(models, PopulationStore(redis, settings))
    clock, name = Clock(settings), settings.topic(TOUCHPOINTS)
    profiler = Profiler(settings, PartitionStore(redis, settings), scorer, publisher, clock, current, tracing)

    @app.agent(_topic(app, TOUCHPOINTS), name="profiles", concurrency=_AT_ONCE)
    async def profiles(batches: AsyncIterable[Batch]) -> None:
        async for batch in batches:
            if app.failure is None:
                async with app.failing(batch), _rewinding(app, batch.tp):
                    await profiler.work(batch)

    @app.timer(settings.tick_every.total_seconds(), name="silence")
    async def look_at_the_clock() -> None:
        for tp in app.consumer.assignment():
            if tp.topic == name and not app.rebalancing and await app.consumer.caught_up(tp):
                async with app.failing(), _rewinding(app, tp):
                    await profiler.look_at_the_clock(tp.partition, app.consumer.ledger.reached(tp))

    @app.timer(_LOOK_FOR_MODELS, name="models")
    async def refresh_models() -> None:
        try:
            await scorer.refresh()
        except RedisError as error:
            # The models at hand go on scoring; whether Redis is away too long is for those who need it to say.
            logger.warning("Cannot look for a newer model: %s", error)

    @app.on_partitions_revoked.connect
    async def revoked(app: Any, partitions: set[TP], **_: Any) -> None:
        profiler.forget([tp.partition for tp in partitions if tp.topic == name])


def _add_learner(app: EbbflowApp, settings: Settings, redis: Redis, models: ModelStore, publisher: Publisher) -> None:
    learning = Learning(settings, models, PopulationStore(redis, settings), publisher, Clock(settings))
    name = settings.topic(OUTCOMES)

    def assigned() -> list[TP]:
        return [tp for tp in app.consumer.assignment() if tp.topic == name]

    async def save() -> None:
        try:
            await learning.save()
        except SupersededError as error:
            logger.warning("%s. Going on from the version that is there", error)
            for tp in assigned():
                app.consumer.rewind(tp, await learning.position(tp.partition))

    app.finishing.append(save)

    @app.agent(_topic(app, OUTCOMES), name="learner")
    async def learner(batches: AsyncIterable[Batch]) -> None:
        async for batch in batches:
            if app.failure is None and batch.begin():
                async with app.failing(batch), _rewinding(app, batch.tp):
                    await learning.work(batch)

    @app.timer(settings.checkpoint_every.total_seconds(), name="checkpoint")
    async def save_models() -> None:
        async with app.failing():
            await save()
        for tp in assigned():
            if app.failure is None and not app.rebalancing and app.consumer.ledger.idle(tp):
                async with app.failing(), _rewinding(app, tp):
                    await learning.look(tp.partition, app.consumer.ledger.reached(tp))

    @app.on_partitions_revoked.connect
    async def revoked(app: Any, partitions: set[TP], **_: Any) -> None:
        if any(tp.topic == name for tp in partitions):
            await learning.forget()


def _add_census(app: EbbflowApp, settings: Settings, redis: Redis, current: CurrentPolicy) -> None:
    profiles, population = ProfileStore(redis, settings), PopulationStore(redis, settings)
    roster, name = RosterStore(redis, settings), settings.topic(OUTCOMES)
    taker = CensusTaker(profiles, population, roster, current, Clock(settings))

    def ours() -> bool:
        # Most rebalances leave the outcomes where they were, and a round may take minutes.
        return app.rebalancing or any(tp.topic == name for tp in app.consumer.assignment())

    @app.task
    async def count_the_customers() -> None:
        while not app.should_stop:
            if ours():
                await taker.round(ours)
            else:
                taker.forget()
            await app.sleep(_COUNT_CUSTOMERS)


def _add_measures(app: EbbflowApp, settings: Settings, redis: Redis) -> None:
    lag = Lag(settings, Clock(settings))

    @app.timer(_LOOK_AT_LAG, name="lag")
    async def measure_lag() -> None:
        if not app.rebalancing:
            await lag.look(app.consumer)

    @app.timer(_LOOK_AT_MEMORY, name="memory")
    async def measure_memory() -> None:
        await show_memory(redis)

    @app.on_partitions_revoked.connect
    async def revoked(app: Any, partitions: set[TP], **_: Any) -> None:
        lag.forget(partitions)


def __getattr__(attribute: str) -> Any:
    """`streams.app.app`, built from the settings of the environment when it is asked for."""
    if attribute == "app":
        globals()["app"] = build(load_settings())
        return globals()["app"]
    raise AttributeError(attribute)
