"""The sender of one endpoint: takes what is due from its queue, delivers, and says what became of it.

Each endpoint has a sender of its own, so that one that is dead, slow or busy keeps nobody waiting but itself.
"""

import asyncio
import logging
import random
import time
from collections.abc import Coroutine, Sequence

from redis.exceptions import RedisError

from processors.backoff import FEW_TRIES, Verdict, rest_before, wait_before
from schemas.settings import Settings
from streams.notifier.metrics import NotifierMetrics
from streams.notifier.queue import Claim, EndpointQueue, LapsedError
from streams.notifier.tried import Carrier, Tried
from streams.tracing import Tracing

logger = logging.getLogger(__name__)

LOOK_EVERY = 1.0
"""Seconds between looks at a queue that has nothing due: another notifier may have put something, or died."""
ENDS_WITHIN = 5.0
"""Seconds that deliveries have which are under way when the notifier ends."""

_SPARE = 15.0
"""Seconds by which a claim outlasts the longest delivery."""
_TROUBLED = 3
"""Customers whose alerts failed, with no success between, until the endpoint counts as dead: one alert that a receiver
cannot digest says nothing about the others."""
_LOOK_FOR_OLD = 10.0
_SAY_AGAIN = 60.0


class Sender:
    """Delivers to one endpoint until it is stopped."""

    def __init__(
        self,
        name: str,
        settings: Settings,
        queue: EndpointQueue,
        carrier: Carrier,
        metrics: NotifierMetrics,
        tracing: Tracing,
    ) -> None:
        endpoint, self._tracing = settings.endpoints[name], tracing
        self._name, self._queue, self._carrier, self._metrics = name, queue, carrier, metrics
        self._patience = settings.notify_for.total_seconds()
        self._at_once = endpoint.at_once
        self._lease = endpoint.timeout.total_seconds() + _SPARE
        self._wake, self._ending = asyncio.Event(), False
        self._under_way: set[asyncio.Task[None]] = set()
        self._troubled: set[str] = set()
        self._looks, self._rests_until = 0, 0.0
        self._last_error, self._old_looked_at, self._said_at = "", 0.0, 0.0
        # How often an alert was refused; forgotten when the notifier ends, which gives it a few tries more.
        self._refusals: dict[str, int] = {}

    def wake(self) -> None:
        """Something may be due."""
        self._wake.set()

    def stop(self) -> None:
        """Take nothing more."""
        self._ending = True
        self._wake.set()

    async def run(self) -> None:
        """Deliver until told to stop; then what is under way has its time to end, and the rest is left for later."""
        redis_away = False
        try:
            while not self._ending:
                self._wake.clear()
                try:
                    pause = await self._look()
                    redis_away = False
                except RedisError as error:
                    self._metrics.away("redis")
                    if not redis_away:
                        logger.warning("endpoint %s: Redis does not answer (%s)", self._name, type(error).__name__)
                    redis_away, pause = True, LOOK_EVERY
                await self._sleep(pause)
            if self._under_way:
                await asyncio.wait(self._under_way, timeout=ENDS_WITHIN)
        finally:
            for task in self._under_way:
                task.cancel()
            await asyncio.gather(*self._under_way, return_exceptions=True)
            await self._carrier.close()

    async def _sleep(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            pass

    async def _look(self) -> float:
        """Begin what is due and has room; seconds until it is time to look again."""
        now = time.time()
        await self._bury_the_old(now)
        if self._looks:
            # It seems dead: one delivery at a time shows whether it is.
            if self._under_way:
                return LOOK_EVERY
            if now < self._rests_until:
                return min(LOOK_EVERY, self._rests_until - now)
            room = 1
        else:
            room = self._at_once - len(self._under_way)
            if room == 0:
                return LOOK_EVERY
        found = await self._queue.claim(room, now, now + self._lease, early=bool(self._looks))
        self._metrics.stands(self._name, found.waiting, found.dead)
        for claim in found.claims:
            self._begin(self._deliver(claim))
        if len(found.claims) == room or found.due is None:
            return LOOK_EVERY
        return min(LOOK_EVERY, max(0.0, found.due - now))

    def _begin(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._end)

    def _end(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        self._wake.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("endpoint %s: a delivery broke (%s)", self._name, type(error).__name__)

    async def _deliver(self, claim: Claim) -> None:
        try:
            tried = await self._carry([claim])
        except asyncio.CancelledError:
            await self._settle(self._queue.release(claim, time.time()))
            raise
        now = time.time()
        if tried.verdict is Verdict.DELIVERED:
            self._refusals.pop(claim.id, None)
            self._metrics.delivered(self._name, now - claim.published)
            await self._settle(self._queue.delivered(claim, now))
            await self._is_well(now)
            return
        self._last_error = tried.error
        if self._is_hopeless(claim, tried, now):
            self._refusals.pop(claim.id, None)
            await self._settle(self._bury(claim, tried.error, now))
            return
        self._metrics.failed(self._name)
        wait = max(tried.wait, wait_before(claim.tries + 1, random.random()))  # noqa: S311 (spreads tries)
        await self._settle(self._queue.again(claim, now, now + wait))
        self._is_in_trouble(claim, tried, now)

    async def _carry(self, claims: Sequence[Claim]) -> Tried:
        with self._tracing.delivery(self._name, [claim.trace for claim in claims]) as went:
            tried = await self._carrier.deliver([claim.alert for claim in claims])
            went(tried.verdict is Verdict.DELIVERED)
        return tried

    def _is_hopeless(self, claim: Claim, tried: Tried, now: float) -> bool:
        if tried.verdict is Verdict.REFUSED:
            self._refusals[claim.id] = self._refusals.get(claim.id, 0) + 1
            return self._refusals[claim.id] >= FEW_TRIES
        return now - claim.since > self._patience

    async def _bury(self, claim: Claim, error: str, now: float) -> None:
        self._buried(1, await self._queue.bury(claim, now, error))

    async def _bury_the_old(self, now: float) -> None:
        """An endpoint that is dead is tried with one alert at a time, and the others grow old without a try."""
        if now - self._old_looked_at < _LOOK_FOR_OLD:
            return
        self._old_looked_at = now
        while True:
            error = f"not delivered in time; the last error was: {self._last_error}"
            buried, dropped = await self._queue.expire(now - self._patience - self._lease, now, error)
            if not buried:
                return
            self._buried(buried, dropped)

    def _buried(self, count: int, dropped: int) -> None:
        self._metrics.died(self._name, count, dropped)
        now = time.monotonic()
        if now - self._said_at > _SAY_AGAIN:
            self._said_at = now
            logger.error(
                "endpoint %s: alerts went to the dead letters (%s); `ebbflow notifier list` counts them, and when the "
                "receiver is mended `ebbflow notifier retry %s` sends them again",
                self._name,
                self._reason(),
                self._name,
            )

    def _reason(self) -> str:
        """What was last wrong, as far as the log may know: what a receiver answers may name a customer."""
        return self._last_error.partition(":")[0]

    async def _settle(self, settling: Coroutine[None, None, object]) -> None:
        """Where Redis is away or somebody else has the claim, the alert is delivered once more: better than never."""
        try:
            await settling
        except LapsedError as error:
            logger.warning("endpoint %s: %s", self._name, error)
        except RedisError as error:
            self._metrics.away("redis")
            logger.warning("endpoint %s: Redis does not answer (%s)", self._name, type(error).__name__)

    async def _is_well(self, now: float) -> None:
        self._troubled.clear()
        if self._looks:
            self._looks = 0
            logger.info("endpoint %s takes deliveries again", self._name)
            await self._settle(self._queue.hurry(now))

    def _is_in_trouble(self, claim: Claim, tried: Tried, now: float) -> None:
        if tried.verdict is not Verdict.AGAIN:
            return
        self._troubled.add(claim.customer)
        if not (self._looks or tried.wait or len(self._troubled) >= _TROUBLED):
            return
        if self._looks and now < self._rests_until:
            # One of several that were under way when the first of them failed.
            self._rests_until = max(self._rests_until, now + tried.wait)
            return
        if not self._looks:
            logger.warning(
                "endpoint %s does not take deliveries (%s), and is looked at now and then", self._name, self._reason()
            )
        self._looks += 1
        self._rests_until = now + max(tried.wait, rest_before(self._looks, random.random()))  # noqa: S311
