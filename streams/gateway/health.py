"""Whether the broker can be reached, asked no more often than needed."""

import asyncio
import time

from kafka.errors import KafkaError

from streams.availability import reach_broker

_WITHIN = 2.0
_HOLDS_FOR = 1.0


class BrokerHealth:
    """The broker's state for `/healthz`. One question at a time, and an answer holds for a second, so that asking
    often costs the broker nothing.
    """

    def __init__(self, broker_url: str) -> None:
        self._broker_url = broker_url
        self._asking = asyncio.Lock()
        self._asked, self._reachable = 0.0, False

    async def reachable(self) -> bool:
        """Whether a broker answers."""
        async with self._asking:
            if time.monotonic() > self._asked + _HOLDS_FOR or not self._asked:
                try:
                    await asyncio.to_thread(reach_broker, self._broker_url, _WITHIN)
                except (OSError, KafkaError):
                    self._reachable = False
                else:
                    self._reachable = True
                self._asked = time.monotonic()
            return self._reachable
