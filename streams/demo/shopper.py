"""One simulated customer: a hidden life, and the touchpoints that it leaves.

Like the buyers of the "buy till you die" models, everybody has a rate of visits and a risk of never coming back, both
gamma-distributed over the population. Trouble raises the risk, some fade before they go, and now and then an interest
warms up. None of this is ever said in a touchpoint.
"""

import math
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Any

from streams.demo.arrivals import Arrival, arrive
from streams.demo.voices import say

DAY = 86_400.0
Event = dict[str, Any]

_VISITS_A_DAY = (2.0, 0.12)
"""Gamma shape and scale of the visits a day; the product is the mean."""
_MOST_VISITS = 0.8
_EVENNESS = 2.5
"""Gamma shape of the gaps between visits; 1 would be pure chance."""
_RISK_A_DAY = (0.7, 0.009)
"""Gamma shape and scale of the daily risk of going for good,"""
_LEAST_RISK = 0.002
"""which nobody is quite without."""
_TROUBLE_RISK = 0.03
_TROUBLE_FADES = 0.5 ** (1 / 7)
_FADE_SHARE, _FADE_DAYS, _FADE_RATE = 0.6, (8, 24), 0.35
_WARM_UP_A_DAY, _WARM_DAYS, _WARM_TIMES = 1 / 250, (14, 24), (3.0, 5.0)
_EMAIL_EVERY_DAYS, _EMAILS_AFTER_DEATH_DAYS = 21, 42
_GOODBYE_SHARE = 0.06
_PRODUCTS = ("Lamp", "Kettle", "Rug", "Chair", "Vase", "Clock", "Mirror", "Blanket", "Teapot", "Shelf")
_COUNTRIES = {"DE": "EUR", "FR": "EUR", "NL": "EUR", "GB": "GBP", "US": "USD"}
_FIRST_NAMES = ("Ada", "Ben", "Chloe", "Dario", "Emma", "Finn", "Grace", "Hugo", "Ines", "Jonas", "Kira", "Liam")


@dataclass
class Life:
    """The hidden truth of one customer; times in epoch seconds.

    After `died_at` the customer never comes back by choice; `left` says that it was said in so many words. `warm` are
    the spans of raised interest, `touched` the times of what was done by choice, both in order.
    """

    customer: str
    joined_at: float
    died_at: float | None = None
    left: bool = False
    warm: list[tuple[float, float]] = field(default_factory=list)
    touched: "array[float]" = field(default_factory=lambda: array("d"))


class Shopper:
    """A customer who lives day by day. The same `rng` lives the same life.

    Args:
        id_: the user id, or the anonymous id of a visitor who never signs up.
        joined_at: the midnight before the first visit, epoch seconds.
        rng: the customer's own source of chance.
        anonymous: a visitor who looks around, stays unknown, and is soon gone.
    """

    def __init__(self, id_: str, joined_at: float, rng: Random, anonymous: bool = False) -> None:
        self.life = Life(f"anon:{id_}" if anonymous else id_, joined_at)
        self._identity = {"anonymousId": id_} if anonymous else {"userId": id_}
        self._anonymous = anonymous
        self._rng = rng
        # What is said beside what happens has a chance of its own, so that it changes nobody's life.
        self._aside = Random(f"{id_}/{joined_at}")  # noqa: S311
        self._arrival: Arrival | None = arrive(self._aside)
        self._visits = min(_MOST_VISITS, 0.04 + rng.gammavariate(*_VISITS_A_DAY))
        risk = _LEAST_RISK + rng.gammavariate(*_RISK_A_DAY)
        self._risk = self._arrival.risk * risk + (0.15 if anonymous else 0.0)
        self._basket = rng.lognormvariate(3.6, 0.5)
        self._country = rng.choice(list(_COUNTRIES))
        self._mobile = not anonymous and rng.random() < 0.35
        self._emails_on = rng.randrange(_EMAIL_EVERY_DAYS) if not anonymous and rng.random() < 0.7 else None
        self._signed_up = False
        self._appetite = 0.0
        self._trouble = 0.0
        self._warm_until, self._warmth = 0.0, 1.0
        self._fading_until = math.inf
        self._later: dict[int, list[str]] = {}
        self._age = -1
        self._sent = 0

    @property
    def alive(self) -> bool:
        """Whether the customer may still come back."""
        return self.life.died_at is None

    @property
    def forgotten(self) -> bool:
        """Whether even the newsletter has stopped."""
        return self.life.died_at is not None and self._midnight >= self.life.died_at + _EMAILS_AFTER_DEATH_DAYS * DAY

    def day(self) -> list[tuple[float, Event]]:
        """Live the next day: its touchpoints and their times, in order. The first one is the day of joining."""
        self._age += 1
        if self.alive:
            self._fate()
        happened = [(at, event, chosen) for at, event, chosen in self._happenings() if self.alive or not chosen]
        happened.sort(key=lambda item: item[0])
        self.life.touched.extend(at for at, _, chosen in happened if chosen)
        return [(at, self._signed(at, event)) for at, event, _ in happened]

    def keep(self) -> bool:
        """End a fading that has not come to its end, as if it had never begun; whether there was one."""
        fading = self.alive and self._fading_until != math.inf
        if fading:
            self._fading_until = math.inf
        return fading

    @property
    def _midnight(self) -> float:
        return self.life.joined_at + self._age * DAY

    def _fate(self) -> None:
        """Draw what nobody sees: warming up, beginning to fade, the end."""
        rng, now = self._rng, self._midnight
        self._trouble *= _TROUBLE_FADES
        if now >= self._warm_until and rng.random() < _WARM_UP_A_DAY:
            self._warm_until, self._warmth = now + rng.randint(*_WARM_DAYS) * DAY, rng.uniform(*_WARM_TIMES)
            self.life.warm.append((now, self._warm_until))
        if self._fading_until == math.inf and self._age and rng.random() < self._risk + _TROUBLE_RISK * self._trouble:
            fades = rng.random() < _FADE_SHARE
            self._fading_until = now + (rng.randint(*_FADE_DAYS) * DAY if fades else 0.0)
        if now >= self._fading_until:
            self.life.died_at = now
            self.life.left = not self._anonymous and rng.random() < _GOODBYE_SHARE
            if self.life.warm and self.life.warm[-1][1] > now:
                begun, _ = self.life.warm.pop()
                if begun < now:
                    self.life.warm.append((begun, now))

    def _happenings(self) -> Iterator[tuple[float, Event, bool]]:
        """The day's events, in no order, with whether the customer chose them."""
        for name in self._later.pop(self._age, ()):
            yield from self._follow_up(name)
        if self.life.died_at == self._midnight and self.life.left:
            yield self._at(), _track("Account Deleted"), False
        if self._emails_on is not None and self._age % _EMAIL_EVERY_DAYS == self._emails_on:
            yield from self._newsletter()
        for _ in range(self._visits_today()):
            yield from self._visit(self._at())

    def _visits_today(self) -> int:
        """Visits come when the appetite has grown enough, so gaps are more even than by pure chance."""
        if not self.alive:
            return 0
        warmth = self._warmth if self._midnight < self._warm_until else 1.0
        fading = _FADE_RATE if self._fading_until != math.inf else 1.0
        self._appetite -= self._visits * warmth * fading
        count = 0
        while self._appetite <= 0.0:
            self._appetite += self._rng.gammavariate(_EVENNESS, 1.0 / _EVENNESS)
            count += 1
        return count

    def _visit(self, at: float) -> Iterator[tuple[float, Event, bool]]:
        rng = self._rng
        if not self._signed_up and not self._anonymous:
            self._signed_up = True
            plan = rng.choice(("free", "plus", "premium"))
            traits = {"name": f"{rng.choice(_FIRST_NAMES)} {rng.choice('ABCDEFGHKLMNPRST')}.", "plan": plan}
            yield at - 30, {"type": "page", "name": "Home", "properties": {"path": "/"}, **self._arriving()}, True
            yield at, {"type": "identify", "traits": {**traits, "country": self._country}}, False
            yield at + 1, _track("Signed Up", plan=plan), True
        elif self._mobile and rng.random() < 0.6:
            yield at, {"type": "screen", "name": "Home", "properties": {}, "context": {"app": {"name": "Shop"}}}, True
        else:
            yield at, {"type": "page", "name": "Home", "properties": {"path": "/"}, **self._arriving()}, True
        if rng.random() < 0.5:
            product = rng.choice(_PRODUCTS)
            price = round(self._basket * rng.lognormvariate(0.0, 0.4), 2)
            yield at + 40, _track("Product Viewed", product=product, price=price), True
            if not self._anonymous and self._fading_until == math.inf and rng.random() < 0.35:
                yield at + 60, _track("Product Added", product=product, price=price), True
                yield at + 80, _track("Checkout Started", value=price), True
                yield from self._checkout(at + 90, product, price)
            elif self._aside.random() < 0.25:
                yield at + 60, _track("Product Added", product=product, price=price), True

    def _checkout(self, at: float, product: str, price: float) -> Iterator[tuple[float, Event, bool]]:
        rng = self._rng
        if rng.random() < 0.08:
            yield at, _track("Payment Failed", product=product), False
            self._troubled()
            return
        order = f"{self.life.customer}-{self._sent}-{self._age}"
        currency = _COUNTRIES[self._country]
        yield at, _track("Order Completed", orderId=order, product=product, revenue=price, currency=currency), True
        chance = rng.random()
        if chance < 0.12:
            self._plan("Delivery Delayed", 3)
        elif chance < 0.18:
            self._plan("Order Refunded", 6)
        elif chance < 0.68:
            self._plan("Survey Sent", 3)
            if chance < 0.48:
                self._plan("NPS Submitted", 4)
        elif chance < 0.8:
            self._plan("Product Reviewed", 5)

    def _follow_up(self, name: str) -> Iterator[tuple[float, Event, bool]]:
        if name in ("Delivery Delayed", "Order Refunded"):
            self._troubled()
            yield self._at(), _track(name), False
        elif name == "Survey Sent":
            yield self._at(), _track(name, survey="nps"), False
        elif name == "NPS Submitted":
            # Whoever is about to go is less happy: the risk of today is all that an answer can know.
            risk = self._risk + _TROUBLE_RISK * self._trouble + (0.05 if self._fading_until != math.inf else 0.0)
            score = round(9.6 - 70.0 * risk + self._rng.gauss(0.0, 1.2))
            yield self._at(), _track(name, score=min(10, max(0, score)), survey="nps"), True
        elif name == "Product Reviewed":
            stars = min(5, max(1, round(4.4 - 2.0 * self._trouble + self._aside.gauss(0.0, 0.8))))
            yield self._at(), _track(name, rating=stars, text=say(self._aside, self._country, stars > 3)), True
        elif name == "Ticket Solved":
            yield self._at(), _track(name, subject="order"), False
        else:
            self._plan("Ticket Solved", self._aside.randint(1, 6))
            yield self._at(), _track(name, subject="order", text=say(self._aside, self._country, glad=False)), True

    def _arriving(self) -> Event:
        """The context of the first page that is seen."""
        arrival, self._arrival = self._arrival, None
        return {"context": arrival.context} if arrival else {}

    def _newsletter(self) -> Iterator[tuple[float, Event, bool]]:
        at = self._at()
        yield at, _track("Email Delivered", campaign="newsletter"), False
        if self._rng.random() < 0.2:
            yield at + 1_200, _track("Email Opened", campaign="newsletter"), True

    def _troubled(self) -> None:
        self._trouble += 1.0
        if self._rng.random() < 0.5:
            self._plan("Support Ticket Created", 1)

    def _plan(self, name: str, days: int) -> None:
        self._later.setdefault(self._age + days, []).append(name)

    def _at(self) -> float:
        """A moment of today, in waking hours, so that a visit ends before midnight."""
        return self._midnight + self._rng.triangular(7.0, 23.0, 18.0) * 3600.0

    def _signed(self, at: float, event: Event) -> Event:
        self._sent += 1
        when = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
        return {"messageId": f"{self.life.customer}/{self._sent}", **self._identity, "timestamp": when, **event}


def _track(event: str, **properties: str | float) -> Event:
    return {"type": "track", "event": event, "properties": properties}
