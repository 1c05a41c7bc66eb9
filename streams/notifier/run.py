"""Running the notifier: a reader and a sender for each endpoint, until a signal ends them in order."""

import asyncio
import signal
import sys
from collections.abc import Callable, Iterable

from redis.asyncio import Redis

from schemas.endpoints import Shape
from schemas.settings import CONFIG_FILE, Settings, SettingsError
from streams.availability import wait_for_broker, wait_for_redis
from streams.notifier.digest import Digest
from streams.notifier.mail import Mail
from streams.notifier.metrics import NotifierMetrics
from streams.notifier.post import Post
from streams.notifier.queue import EndpointQueue, Standing
from streams.notifier.reader import Reader
from streams.notifier.sender import ENDS_WITHIN, Sender
from streams.store.erased import ErasedStore
from streams.topics import declare
from streams.tracing import Tracing, tracing_of

_REDIS_PATIENCE = 10.0


def run(settings: Settings) -> None:
    """Deliver until SIGTERM or Ctrl-C.

    Raises:
        SettingsError: if there is no endpoint.
        UnavailableError, KafkaError, RedisError: if broker or Redis stay away for longer than the settings allow.
    """
    require_endpoints(settings)
    wait_for_broker(settings)
    wait_for_redis(settings)
    declare(settings)
    metrics = NotifierMetrics(settings.endpoints)
    with metrics.listening(settings), asyncio.Runner(loop_factory=_fast_loop()) as runner:
        runner.run(_run(settings, metrics))


def require_endpoints(settings: Settings) -> None:
    """Raise SettingsError if there is nowhere to deliver to."""
    if not settings.endpoints:
        raise SettingsError(
            f"there is no endpoint to notify: write one into {CONFIG_FILE}, as a section [endpoints.crm] with url and "
            "secret; docs/notifier.md shows each kind"
        )


def _fast_loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop's, where it exists."""
    if sys.platform == "win32":
        return None
    from uvloop import new_event_loop

    return new_event_loop


async def _run(settings: Settings, metrics: NotifierMetrics) -> None:
    async with connected(settings) as redis:
        queues = {name: EndpointQueue(redis, settings, name) for name in settings.endpoints}
        tracing = tracing_of("notifier")
        senders = {name: _sender(name, settings, queue, metrics, tracing) for name, queue in queues.items()}
        reader = Reader(settings, queues, senders, ErasedStore(redis, settings), metrics, tracing)
        reading = asyncio.create_task(reader.run())
        sending = [asyncio.create_task(sender.run()) for sender in senders.values()]
        ending = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, ending.set)
        waiting = asyncio.create_task(ending.wait())
        await asyncio.wait([waiting, reading, *sending], return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        reader.stop()
        for sender in senders.values():
            sender.stop()
        await _finish([reading, *sending])


async def _finish(tasks: Iterable[asyncio.Task[None]]) -> None:
    """Let them end in order, but not for ever; raises what one of them ended with."""
    done, late = await asyncio.wait(tasks, timeout=ENDS_WITHIN + 1.0)
    for task in late:
        task.cancel()
    if late:
        await asyncio.wait(late, timeout=2.0)
    for task in done:
        task.result()


def connected(settings: Settings) -> Redis:
    """A client whose calls end, one way or the other."""
    return Redis.from_url(settings.redis_url, socket_timeout=_REDIS_PATIENCE, socket_connect_timeout=_REDIS_PATIENCE)


async def retry(settings: Settings, names: Iterable[str], now: float) -> dict[str, int]:
    """Put the dead letters of endpoints into their queues again; how many each."""
    async with connected(settings) as redis:
        return {name: await EndpointQueue(redis, settings, name).revive(now) for name in names}


async def standings(settings: Settings) -> dict[str, Standing]:
    """How each endpoint stands."""
    async with connected(settings) as redis:
        return {name: await EndpointQueue(redis, settings, name).standing() for name in settings.endpoints}


def _sender(name: str, settings: Settings, queue: EndpointQueue, metrics: NotifierMetrics, tracing: Tracing) -> Sender:
    endpoint = settings.endpoints[name]
    if endpoint.shape is not Shape.EMAIL:
        return Sender(name, settings, queue, Post(endpoint, tracing), metrics, tracing)
    return (Digest if endpoint.digest else Sender)(name, settings, queue, Mail(name, endpoint), metrics, tracing)
