"""What a team does with an alert is dated in the time of the stream."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from schemas.handling import AlertStanding, Handled
from schemas.settings import Settings
from streams.clock import Clock
from streams.handling import handle
from streams.producer import Record
from tests.alerting import alert_of


class Store:
    async def handle(self, name: str, handled: Handled, at: datetime) -> AlertStanding:
        return AlertStanding(alert=alert_of())


class Sent:
    def __init__(self) -> None:
        self.records: list[Record] = []

    async def publish(self, records: Sequence[Record]) -> None:
        self.records += records


def test_in_a_demonstration_it_does_not_lie_in_the_future() -> None:
    year = timedelta(days=365)
    settings = Settings(clock_speed=100_000, clock_meets=datetime.now(UTC) + year / 100_000)
    before, sent = Clock(settings).now(), Sent()
    asyncio.run(handle(Store(), sent, settings, "any", Handled(action="acknowledge")))  # type: ignore[arg-type]
    [record] = sent.records
    assert before <= record.timestamp / 1000 + 0.001 <= Clock(settings).now() + 0.001
