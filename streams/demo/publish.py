"""Publishing the shop's touchpoints through the gateway, at the pace of the clock."""

import threading
from typing import Protocol, Self

import httpx
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    stop_after_delay,
    stop_any,
    stop_when_event_set,
    wait_exponential_jitter,
)
from tenacity.nap import sleep_using_event

from streams.availability import UnavailableError
from streams.clock import Clock
from streams.demo.shopper import Event

_EVERY = 0.2
_MOST_EVENTS = 200
_PATIENCE = 30.0
_TIMEOUT = 15.0
_BACKOFF = wait_exponential_jitter(initial=0.1, max=5.0, jitter=0.2)


class Happening(Protocol):
    """Where something happens from `start` (epoch seconds) on."""

    start: float

    def events_until(self, t: float) -> list[Event]:
        """The touchpoints after those given before, up to `t`."""
        ...


class PublishingError(UnavailableError):
    """The gateway did not take the touchpoints; the message says what it answered."""


class _BusyError(Exception):
    def __init__(self, answer: httpx.Response) -> None:
        super().__init__(f"HTTP {answer.status_code}: {answer.text[:200]}")
        said = answer.headers.get("retry-after", "")
        self.retry_after = float(said) if said.isdigit() else 0.0


class Publishing:
    """A thread that publishes what has happened since it last looked, for as long as the `with` lasts.

    A batch that may not have arrived is sent again: the message ids are the same, so nothing counts twice.
    """

    def __init__(self, shop: Happening, clock: Clock, gateway_url: str, write_key: str) -> None:
        self.sent = 0
        self.until = shop.start
        """Stream time up to which everything that happened has been acknowledged."""
        self._shop, self._clock = shop, clock
        self._url, self._write_key = f"{gateway_url}/v1/batch", write_key
        self._stopping = threading.Event()
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="publishing", daemon=True)

    def check(self) -> None:
        """Make sure that it still publishes.

        Raises:
            PublishingError: if it had to give up.
        """
        if self._failure is not None:
            raise PublishingError(f"publishing through {self._url} failed: {self._failure}") from self._failure

    def stop(self) -> None:
        """Publish no more; what is being sent is finished first."""
        self._stopping.set()
        self._thread.join(_TIMEOUT)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _run(self) -> None:
        try:
            with httpx.Client(auth=(self._write_key, ""), timeout=_TIMEOUT, trust_env=False) as client:
                while not self._stopping.wait(_EVERY):
                    now = self._clock.now()
                    events = self._shop.events_until(now)
                    for first in range(0, len(events), _MOST_EVENTS):
                        self._deliver(client, events[first : first + _MOST_EVENTS])
                    self.until = now
        except Exception as error:
            # Being stopped while it waits to try again is no failure.
            if not self._stopping.is_set():
                self._failure = error

    def _deliver(self, client: httpx.Client, events: list[Event]) -> None:
        Retrying(
            retry=retry_if_exception_type((httpx.TransportError, _BusyError)),
            wait=_wait,
            stop=stop_any(stop_after_delay(_PATIENCE), stop_when_event_set(self._stopping)),
            sleep=sleep_using_event(self._stopping),
            reraise=True,
        )(self._post, client, events)
        self.sent += len(events)

    def _post(self, client: httpx.Client, events: list[Event]) -> None:
        answer = client.post(self._url, json={"batch": events})
        if answer.status_code in (429, 503):
            raise _BusyError(answer)
        if answer.status_code != 200:
            raise PublishingError(f"HTTP {answer.status_code}: {answer.text[:500]}")
        if refused := answer.json().get("rejected"):
            raise PublishingError(f"{len(refused)} of {len(events)} events were rejected, the first: {refused[0]}")


def _wait(state: RetryCallState) -> float:
    """What the gateway asked for, or a growing pause."""
    error = state.outcome.exception() if state.outcome else None
    asked = error.retry_after if isinstance(error, _BusyError) else 0.0
    return asked or _BACKOFF(state)
