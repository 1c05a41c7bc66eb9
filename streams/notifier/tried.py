"""What a try to deliver came to, whichever way it went."""

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import Protocol

from processors.backoff import Verdict
from schemas.alert import Alert


@dataclass(frozen=True)
class Tried:
    """`error` says what was wrong, for people, without anything secret; `wait` is what the receiver asked for, in
    seconds."""

    verdict: Verdict
    error: str = ""
    wait: float = 0.0


class Carrier(Protocol):
    """A way to an endpoint."""

    def deliver(self, alerts: Sequence[Alert]) -> Awaitable[Tried]:
        """Deliver alerts as one message; raises nothing but cancellation."""
        ...

    def close(self) -> Awaitable[None]:
        """Leave connections."""
        ...
