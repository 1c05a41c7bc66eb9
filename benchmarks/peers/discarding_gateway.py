"""The gateway with a publisher that throws everything away: what its HTTP and its reading could do at the most.

python -m benchmarks.peers.discarding_gateway
"""

from collections.abc import Sequence

from schemas.settings import load_settings
from streams.gateway.keys import WriteKeys
from streams.gateway.metrics import GatewayMetrics
from streams.gateway.serve import server
from streams.producer import Record


class Discarding:
    """Acknowledges at once what goes nowhere."""

    async def __aenter__(self) -> "Discarding":
        return self

    async def __aexit__(self, *_: object) -> None:
        """Nothing to end."""

    async def publish(self, records: Sequence[Record]) -> None:
        """Nothing to do."""


if __name__ == "__main__":
    settings = load_settings()
    server(settings, WriteKeys(settings), Discarding(), GatewayMetrics()).run()
