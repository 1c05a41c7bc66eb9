"""Touchpoints for the fault tests: seeded, dated, and such that their alerts do not depend on how a log is cut.

A batch is cut at the ticks of stream time, and within a tick anything may be one step or several. So in a tick a
customer leaves at most once, last of all, and never in the tick of the first touchpoint or of a return: whichever way
the log is cut, the same alerts open and close. The model that goes with it says the same of everybody.
"""

import asyncio
import json
import random
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from zlib import crc32

from kafka import KafkaProducer
from redis.asyncio import Redis

from processors.features import NAMES
from processors.learning.learner import Learner
from schemas.outcome import Outcome
from schemas.policy import Policy
from schemas.settings import Settings
from streams.store.models import Checkpoint, ModelStore

START = datetime(2026, 1, 5, tzinfo=UTC)
TICK = timedelta(hours=12)
POLICY = Policy(
    horizon=timedelta(days=6), engagement_window=timedelta(days=2), predict_every=timedelta(days=2),
    churn_opens=0.2, churn_closes=0.1, hold=timedelta(0), cool_down=timedelta(0),
)  # fmt: skip
"""The frozen model sees a risk of about 0.4 in everybody who is there: an alert for each of them, until they leave."""


@dataclass(frozen=True)
class Sent:
    """One record as it is produced; `timestamp` in milliseconds."""

    customer: str
    value: bytes
    timestamp: int

    def partition(self, partitions: int) -> int:
        """Where it goes: the same partition for the same customer, whoever produces it."""
        return crc32(self.customer.encode()) % partitions


def touchpoint(customer: str, number: int, at: datetime, event: str = "Order Completed", amount: str = "") -> Sent:
    """One touchpoint, dated by its record; `amount` in EUR. Every third has no id, by which a repeat could be told."""
    properties = {"revenue": amount, "currency": "EUR"} if amount else {}
    body = {
        "type": "track", "event": event, "userId": customer, "timestamp": at.isoformat(), "properties": properties
    }  # fmt: skip
    if has_id(number):
        body["messageId"] = f"{customer}/{number}"
    return Sent(customer, json.dumps(body).encode(), round(at.timestamp() * 1000))


def has_id(number: int) -> bool:
    """Whether the touchpoint of this number has a message id."""
    return number % 3 != 0


def history(records: int = 2500, customers: int = 60, per_tick: int = 50, leave: float = 0.04) -> list[Sent]:
    """Touchpoints of the past, in the order of time; no two orders cost the same, so that sums tell them apart.

    `leave` is the chance that a touchpoint, where it may, is the customer's leave.
    """
    chance, names = random.Random(1), [f"customer {number}" for number in range(customers)]
    weights = [1 / (rank + 5) for rank in range(customers)]
    known, gone = set[str](), set[str]()
    sent: list[Sent] = []
    for tick in count():
        settled = set[str]()
        for place in range(per_tick):
            if len(sent) == records:
                return sent
            customer = next(name for name in iter(lambda: chance.choices(names, weights)[0], "") if name not in gone
                            or name not in settled)  # fmt: skip
            event = chance.choice(("Order Completed", "Order Completed", "Product Viewed"))
            if customer in gone:
                event = "Order Completed"
                gone.discard(customer)
                settled.add(customer)
            elif customer not in known:
                settled.add(customer)
            elif customer not in settled and chance.random() < leave:
                event = "Account Deleted"
                gone.add(customer)
                settled.add(customer)
            known.add(customer)
            amount = f"{len(sent) + chance.randrange(100) / 100:.2f}" if event == "Order Completed" else ""
            at = START + tick * TICK + place * TICK / per_tick
            sent.append(touchpoint(customer, len(sent), at, event, amount))


def publish(settings: Settings, sent: Iterable[Sent]) -> None:
    """Produce records in order and wait for the broker's word on all of them."""
    with publishing(settings) as produce:
        produce(sent)


@contextmanager
def publishing(settings: Settings) -> Iterator[Callable[[Iterable[Sent]], None]]:
    """`publish` for many times, with one producer."""
    producer = KafkaProducer(bootstrap_servers=settings.broker_url, acks="all", linger_ms=5)
    topic = settings.topic("touchpoints")

    def produce(sent: Iterable[Sent]) -> None:
        waiting = [
            producer.send(
                topic, one.value, one.customer.encode(), None, one.partition(settings.partitions), one.timestamp
            )
            for one in sent
        ]
        for acknowledgement in waiting:
            acknowledgement.get(60)

    try:
        yield produce
    finally:
        producer.close()


def freeze_model(settings: Settings) -> None:
    """Publish one warm model that never changes, as a learner would that has seen the same customer all the time."""
    learner, chance = Learner(), random.Random(1)
    for _ in range(600):
        learner.learn(
            Outcome(
                id="", customer="", made_at=START, due_at=START, model=1, base_rate=0.4, predicted_churn=0.4,
                predicted_engagement=1.0, churned=chance.random() < 0.4, engaged=1,
                features=dict.fromkeys(NAMES, 0.0),
            )
        )  # fmt: skip

    async def save() -> None:
        redis = Redis.from_url(settings.redis_url)
        try:
            store = ModelStore(redis, settings)
            await store.publish(store.edition(Checkpoint(learner, {})))
        finally:
            await redis.aclose()

    asyncio.run(save())
