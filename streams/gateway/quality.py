"""The quality of what comes in: counted here, gathered in Redis from every gateway, answered, and shown to Prometheus.

Counting waits for nobody. What was counted goes to Redis every few seconds; while Redis is away it adds up here.
"""

import asyncio
import contextlib
import logging
from collections.abc import Iterable, Iterator, Mapping
from types import TracebackType

from fastapi import APIRouter, Depends
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector, CollectorRegistry
from redis.exceptions import RedisError

from processors.plan import Plan
from processors.quality import DELAYS, Key, Observed, SourceCounts, report
from schemas.quality import Quality
from schemas.settings import Settings
from streams.gateway.tokens import reader
from streams.store.connecting import prompt_redis
from streams.store.quality import Counted, QualityStore

logger = logging.getLogger(__name__)

FLUSH_EVERY = 3.0
"""Seconds between two flushes."""


class QualityCounts(Collector):
    """The counts of one gateway, from `async with` on; `route` answers for all of them.

    An answer of Redis that is lost has its counts added once more: they are shares of many, and nothing depends on one.
    """

    def __init__(self, settings: Settings, plan: Plan | None, registry: CollectorRegistry) -> None:
        self._settings = settings
        self._optional: Mapping[str, Iterable[str]] = plan.optional if plan is not None else {}
        self._sources: dict[str, SourceCounts] = {}
        self._flushed: dict[str, dict[Key, int]] = {}
        self._failing = False
        self._ending, self._turn = asyncio.Event(), asyncio.Lock()
        registry.register(self)

    def add(self, source: str, observed: Observed, received: float) -> None:
        """Count a request that came from a source at `received` (epoch seconds)."""
        counts = self._sources.get(source)
        if counts is None:
            counts = self._sources[source] = SourceCounts(received)
        counts.add(observed, received)

    async def __aenter__(self) -> "QualityCounts":
        self._redis = prompt_redis(self._settings)
        self._store = QualityStore(self._redis, self._settings)
        self._flushing = asyncio.create_task(self._flush_on())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Flush what is left, if Redis is there."""
        self._ending.set()
        await self._flushing
        await self._redis.aclose()

    async def report(self) -> Quality:
        """What all gateways have counted, to within seconds; what this one has, while Redis is away."""
        async with self._turn:
            try:
                counted = await self._store.load()
            except RedisError:
                return self._report({source: self._own(source, {}) for source in self._sources}, complete=False)
            for source in self._sources:
                fresh, shared = self._own(source, self._flushed.get(source, {})), counted.get(source)
                counted[source] = fresh if shared is None else _sum(shared, fresh)
        return self._report(counted, complete=True)

    @property
    def router(self) -> APIRouter:
        """The route of the report; for those who may read."""
        router = APIRouter()
        router.add_api_route(
            "/v1/quality",
            self.report,
            response_model=Quality,
            dependencies=[Depends(reader)],
            summary="How good the data are that each source sends",
        )
        return router

    def collect(self) -> Iterator[Metric]:
        """The same for Prometheus; of this gateway alone, since it began."""
        events = CounterMetricFamily(
            "ebbflow_quality_events", "Events by what is to be said of them.", labels=["source", "what"]
        )
        rejected = CounterMetricFamily("ebbflow_quality_rejected", "Events refused.", labels=["source", "code"])
        complete = CounterMetricFamily(
            "ebbflow_quality_complete", "Accepted events that came with a field.", labels=["source", "field"]
        )
        violations = CounterMetricFamily(
            "ebbflow_quality_violations", "Events off the tracking plan.", labels=["source", "event", "field"]
        )
        delays = HistogramMetricFamily(
            "ebbflow_quality_delay_seconds", "From happening to receipt, of dated events.", labels=["source"]
        )
        seen = GaugeMetricFamily("ebbflow_quality_last_seen_seconds", "When a source last sent.", labels=["source"])
        for source, held in list(self._sources.items()):
            # Prometheus asks in a thread of its own, and a copy is made in one go.
            counts = dict(held.counts)
            buckets = [counts.get(("delay", str(number)), 0) for number in range(len(DELAYS) + 1)]
            bounds = [*map(str, DELAYS), "+Inf"]
            cumulative = [(bound, float(sum(buckets[: number + 1]))) for number, bound in enumerate(bounds)]
            delays.add_metric([source], cumulative, held.delay)
            seen.add_metric([source], held.last_seen)
            for (name, *labels), count in counts.items():
                if name == "rejected":
                    rejected.add_metric([source, *labels], count)
                elif name == "has":
                    complete.add_metric([source, *labels], count)
                elif name == "violation":
                    violations.add_metric([source, *labels], count)
                elif not labels:
                    events.add_metric([source, name], count)
        yield from (events, rejected, complete, violations, delays, seen)

    async def _flush_on(self) -> None:
        while not self._ending.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ending.wait(), FLUSH_EVERY)
            async with self._turn:
                await self._flush()

    async def _flush(self) -> None:
        for source, held in list(self._sources.items()):
            added, now = self._own(source, self._flushed.get(source, {})), dict(held.counts)
            if not added.counts:
                continue
            try:
                await self._store.add(source, added)
            except RedisError as error:
                if not self._failing:
                    logger.warning("Redis does not take counts of data quality (%s): kept here", type(error).__name__)
                self._failing = True
                return
            self._flushed[source] = now
        if self._failing:
            logger.info("Redis takes counts of data quality again")
        self._failing = False

    def _own(self, source: str, flushed: Mapping[Key, int]) -> Counted:
        """What this gateway has counted beyond what was flushed."""
        held = self._sources[source]
        counts = {key: more for key, count in held.counts.items() if (more := count - flushed.get(key, 0))}
        return Counted(counts, held.since, held.last_seen)

    def _report(self, counted: Mapping[str, Counted], complete: bool) -> Quality:
        return Quality(
            complete=complete,
            sources=[
                report(source, each.counts, each.since, each.last_seen, self._optional)
                for source, each in sorted(counted.items())
            ],
        )


def _sum(shared: Counted, fresh: Counted) -> Counted:
    counts = {key: shared.counts.get(key, 0) + fresh.counts.get(key, 0) for key in {**shared.counts, **fresh.counts}}
    return Counted(counts, min(shared.since, fresh.since), max(shared.last_seen, fresh.last_seen))
