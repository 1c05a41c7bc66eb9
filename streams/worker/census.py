"""The census of customers for Prometheus: one process goes through all profiles, over and over, at a bounded rate.

It is the one that learns: the outcomes have one partition, so Kafka's group sees to it that there is one of it and that
another takes over. Counters of each worker would have to agree about a customer who is met in two partitions, is
erased, merged, or silently lost; whoever looks at everybody anew needs no such agreement, and is right again after
whatever went wrong.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping

from prometheus_client import Gauge

from processors.census import Census
from processors.population import Population
from processors.roster import row_of
from schemas.roster import Row
from streams.clock import Clock
from streams.store.population import PopulationStore
from streams.store.profiles import ProfileStore
from streams.store.roster import RosterStore
from streams.worker import business, metrics
from streams.worker.current import CurrentPolicy

logger = logging.getLogger(__name__)

_AT_ONCE = 100
_MOST_A_SECOND = 1_000
"""Profiles: what takes less than a twentieth of a processor, and goes through a million customers in 17 minutes."""
_GAUGES = (
    metrics.CUSTOMERS,
    metrics.ACTIVE_CUSTOMERS,
    metrics.ENGAGED_CUSTOMERS,
    metrics.OPEN_ALERTS,
    metrics.VALUE_AT_RISK,
)


class CensusTaker:
    """Takes one round at a time, and shows its figures when it is whole: to Prometheus, and to who looks them up."""

    def __init__(
        self,
        profiles: ProfileStore,
        population: PopulationStore,
        roster: RosterStore,
        current: CurrentPolicy,
        clock: Clock,
    ) -> None:
        self._profiles, self._population, self._roster = profiles, population, roster
        self._current, self._clock = current, clock

    async def round(self, ours: Callable[[], bool]) -> None:
        """Go through all profiles once, for as long as that is `ours` to do; show what came of it.

        What cannot be read is said, and shows nothing: the figures of the round before stay.
        """
        policy = self._current.policy
        census, population, rows = Census(policy), Population(policy), dict[str, Row | None]()
        began, seen = time.monotonic(), 0
        try:
            async for profile in self._profiles.every(_AT_ONCE):
                now = self._clock.now()
                census.add(profile, now)
                population.add(profile, now)
                rows[profile.customer] = row_of(profile, now, policy)
                seen += 1
                if seen % _AT_ONCE == 0:
                    await self._roster.put(rows.items())
                    rows.clear()
                    await asyncio.sleep(_AT_ONCE / _MOST_A_SECOND)
                    if not ours():
                        return
            if ours():
                now = self._clock.now()
                sections = population.told(now)
                await self._population.save(sections, population.norms(now))
                await self._roster.put(rows.items())
                await self._roster.tell(now)
                business.show(sections)
        except Exception as error:
            # Redis away, a profile of another release: whoever needs them to work will say so, and stop if need be.
            logger.warning("Cannot count the customers: %s: %s", type(error).__name__, error)
            return
        if ours():
            _show(census)
            metrics.CENSUS_SECONDS.set(time.monotonic() - began)
            metrics.CENSUS_AT.set_to_current_time()

    def forget(self) -> None:
        """Another process counts from now on: show no figures that nobody keeps up."""
        business.forget()
        for gauge in _GAUGES:
            gauge.clear()


def _show(census: Census) -> None:
    _set(metrics.CUSTOMERS, census.customers)
    _set(metrics.ACTIVE_CUSTOMERS, census.active)
    _set(metrics.ENGAGED_CUSTOMERS, census.engaged)
    _set(metrics.OPEN_ALERTS, census.open_alerts)
    # A currency in which nothing is at risk any more goes.
    metrics.VALUE_AT_RISK.clear()
    _set(metrics.VALUE_AT_RISK, census.value_at_risk)


def _set(gauge: Gauge, figures: Mapping[str, float]) -> None:
    for label, figure in figures.items():
        gauge.labels(label).set(figure)
