"""The simulated shop: a population that visits, buys, has trouble, warms up and goes. Pure and seeded; no clock."""

import math
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime
from random import Random

from streams.demo.arrivals import spending
from streams.demo.shopper import DAY, Event, Life, Shopper

_HISTORY_DAYS = 60
"""The customers there are at the start joined over so many days before it."""
_NEW_A_DAY = 0.009
"""Newcomers a day, as a share of the customers at the start: about as many as go."""
_ANONYMOUS_SHARE = 0.15
MARKETING = "marketing"
"""Who reports what is spent; no customer."""


class Shop:
    """A shop from `start` on, its touchpoints in order of time, and the truth that they hide.

    Args:
        customers: how many are alive at the start; newcomers keep arriving.
        start: epoch seconds, taken back to midnight.
        seed: the same seed gives the same shop.
    """

    def __init__(self, customers: int, start: float, seed: int) -> None:
        if customers < 1:
            raise ValueError("a shop needs at least one customer")
        self.start = start - start % DAY
        self._customers = customers
        self._seed = seed
        self._rng = Random(seed)  # noqa: S311 (a game, not a secret)
        self._joined = 0
        self._shoppers = list(self._old_customers())
        self._past: list[Life] = []
        self._midnight = self.start
        self._waiting: deque[tuple[float, Event]] = deque()

    def events_until(self, t: float) -> list[Event]:
        """The touchpoints after those given before, up to `t` (epoch seconds), in order of time."""
        while self._midnight <= t:
            self._live_a_day()
        events = []
        while self._waiting and self._waiting[0][0] <= t:
            events.append(self._waiting.popleft()[1])
        return events

    def keep(self, customer: str) -> bool:
        """Keep a customer who is fading and still there; whether there was one to keep."""
        return any(shopper.keep() for shopper in self._shoppers if shopper.life.customer == customer)

    def truth(self) -> list[Life]:
        """The hidden lives of all customers who were ever seen, to compare alerts with afterwards."""
        return self._past + [shopper.life for shopper in self._shoppers]

    def _live_a_day(self) -> None:
        newcomers = self._rng.random() + _NEW_A_DAY * self._customers
        self._shoppers.extend(self._newcomer(self._midnight) for _ in range(math.floor(newcomers)))
        today = [item for shopper in self._shoppers for item in shopper.day()]
        today += self._spend(newcomers)
        self._waiting.extend(sorted(today, key=lambda item: item[0]))
        self._past.extend(shopper.life for shopper in self._shoppers if shopper.forgotten)
        self._shoppers = [shopper for shopper in self._shoppers if not shopper.forgotten]
        self._midnight += DAY

    def _spend(self, newcomers: float) -> Iterator[tuple[float, Event]]:
        at = self._midnight + DAY / 2
        when = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
        for place, properties in enumerate(spending(newcomers)):
            yield (
                at,
                {
                    "messageId": f"spend/{self._midnight:.0f}/{place}",
                    "userId": MARKETING,
                    "timestamp": when,
                    "type": "track",
                    "event": "Marketing Spend",
                    "properties": properties,
                },
            )

    def _old_customers(self) -> Iterator[Shopper]:
        """Customers who have lived up to the start; what they did before nobody has recorded."""
        found = 0
        while found < self._customers:
            days = self._rng.randint(1, _HISTORY_DAYS)
            shopper = self._newcomer(self.start - days * DAY, anonymous=False)
            for _ in range(days):
                shopper.day()
            del shopper.life.touched[:]
            if shopper.alive:
                found += 1
                yield shopper

    def _newcomer(self, midnight: float, anonymous: bool | None = None) -> Shopper:
        self._joined += 1
        if anonymous is None:
            anonymous = self._rng.random() < _ANONYMOUS_SHARE
        # A source of chance for each, so that one life does not depend on how the others are lived.
        rng = Random(f"{self._seed}/{self._joined}")  # noqa: S311
        return Shopper(f"{'visitor' if anonymous else 'customer'}-{self._joined}", midnight, rng, anonymous)
