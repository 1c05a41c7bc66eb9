"""How long it takes from a touchpoint to the alert that it raises, with the whole stack running under load.

    python -m benchmarks.latency [--rate N ...] [--seconds N] [--kafka BROKER]

A gateway, a worker that folds and learns, the broker and the store; the load comes at a steady rate whatever happens
(an open loop), in single events or, above 200 a second, in batches. Twenty times a second a customer among them deletes
the account, which raises `customer.left` at once; a plain consumer of the alerts topic waits for it. Both ends are in
this process, on one clock. A touchpoint is accepted when the gateway has answered, which is after the broker has it. It
is due when the load's schedule says so, so what this process itself is late counts as well.
"""

import asyncio
import random
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import msgspec
import uvloop
from aiokafka import AIOKafkaConsumer
from redis.asyncio import Redis
from rich.table import Table

from benchmarks.client import Connection, UnavailableError, request_for
from benchmarks.machine import calibrate
from benchmarks.model import WarmModel
from benchmarks.process import cpu_seconds
from benchmarks.results import Finding, report
from benchmarks.run import WrongError
from benchmarks.services import running_gateway, running_worker
from benchmarks.spread import Spread
from benchmarks.traffic import message, popular, touchpoints
from benchmarks.world import add_option, world
from schemas.settings import Settings
from streams.embedded.companion import Companion
from streams.topics import ALERTS

_PROBES = 20
_BATCHES = 40
_MOST_SINGLE = 200
_CONNECTIONS = 64
_ALERTED_WITHIN = 60.0
_WARM_UP = 5
_FETCH_WAIT_MS = 20


class Request(NamedTuple):
    """What is sent at once: when, in seconds from the start; how much; and whose alert is waited for, if any."""

    due: float
    payload: bytes
    events: int
    probe: str | None


class Seen(NamedTuple):
    """What became of a probe: seconds to its alert since it was due, and since it was accepted."""

    since_due: float
    since_accepted: float


class Alerted(msgspec.Struct):
    """As much of an alert as is looked at."""

    kind: str
    customer: str


def schedule(rate: int, seconds: int, chance: random.Random) -> list[Request]:
    """Everything that is sent in one go of the load."""
    size = 1 if rate <= _MOST_SINGLE else rate // _BATCHES
    every, start = size * _PROBES / rate, time.time()
    events = list(touchpoints(popular(rate * seconds, chance), chance, 1 / rate, start))
    requests, probes = [], 0.0
    for first in range(0, len(events), size):
        batch, probe = events[first : first + size], None
        probes += every
        if probes >= 1:
            probes -= 1
            probe, place = f"probe-{chance.getrandbits(64):016x}", chance.randrange(len(batch))
            at = batch[place].at
            batch[place] = batch[place]._replace(value=message(probe, "Account Deleted", at, chance))
        requests.append(Request(first / rate, request_for(batch), len(batch), probe))
    return requests


class Stack:
    """The running stack, seen from both of its ends."""

    def __init__(self, settings: Settings, connections: Sequence[Connection]) -> None:
        self._settings = settings
        self._free: asyncio.Queue[Connection] = asyncio.Queue()
        for connection in connections:
            self._free.put_nowait(connection)
        self._alerted: dict[str, float] = {}

    async def listen(self) -> None:
        """Note when each customer's leaving is announced; for ever."""
        read = msgspec.json.Decoder(Alerted).decode
        topic, brokers = self._settings.topic(ALERTS), self._settings.broker_url
        # The embedded broker may hold a fetch for as long as it is let, though there is something to tell.
        consumer = AIOKafkaConsumer(
            topic, bootstrap_servers=brokers, auto_offset_reset="earliest", fetch_max_wait_ms=_FETCH_WAIT_MS
        )
        async with consumer:
            async for record in consumer:
                alert = read(record.value)
                if alert.kind == "customer.left":
                    self._alerted.setdefault(alert.customer, time.monotonic())

    async def load(self, requests: Sequence[Request]) -> tuple[list[Seen], float]:
        """Send everything when it is due, and wait for the alerts; with how many events were accepted per second.

        Raises:
            WrongError: if an alert does not come.
        """
        begun, sending = time.monotonic() + 0.1, []
        for request in requests:
            await asyncio.sleep(begun + request.due - time.monotonic())
            sending.append(asyncio.create_task(self._send(request)))
        answered = zip(requests, await asyncio.gather(*sending), strict=True)
        accepted = {request: at for request, at in answered if at is not None}
        probes, deadline = [request for request in accepted if request.probe], time.monotonic() + _ALERTED_WITHIN
        while missing := [request for request in probes if request.probe not in self._alerted]:
            if time.monotonic() > deadline:
                raise WrongError(f"{len(missing)} of {len(probes)} alerts did not come within {_ALERTED_WITHIN:g} s")
            await asyncio.sleep(0.1)
        seen = [
            Seen(alerted - begun - request.due, alerted - accepted[request])
            for request, alerted in ((request, self._alerted[request.probe]) for request in probes)
        ]
        return seen, sum(request.events for request in accepted) / (max(accepted.values()) - begun)

    async def _send(self, request: Request) -> float | None:
        """When it was accepted; none if the gateway could not."""
        connection = await self._free.get()
        try:
            await connection.post(request.payload)
            return time.monotonic()
        except UnavailableError:
            return None
        finally:
            self._free.put_nowait(connection)


async def run(settings: Settings, home: Path, options: Namespace) -> tuple[Table, list[Finding]]:
    """Measure one rate after the other."""
    chance, findings = random.Random(1), []
    title = f"{options.kafka} broker, {options.seconds} s at each rate; milliseconds: median / 99 of 100 / worst"
    table = Table("load", title=title, title_style="")
    for heading in ("accepted/s", "accepted to alert", "due to alert", "gateway's CPU", "worker's CPU"):
        table.add_column(heading, justify="right")
    async with AsyncExitStack() as stack:
        async with Redis.from_url(settings.redis_url) as redis:
            await WarmModel(chance).publish(redis, settings)
        gateway = stack.enter_context(running_gateway(settings, home / "gateway.log"))
        worker = stack.enter_context(running_worker(settings, home / "worker.log", "all"))
        port = settings.gateway_port
        connections = [await stack.enter_async_context(Connection(port)) for _ in range(_CONNECTIONS)]
        running = Stack(settings, connections)
        listening = asyncio.create_task(running.listen())
        stack.callback(listening.cancel)
        await running.load(schedule(_MOST_SINGLE, _WARM_UP, chance))
        for rate in options.rate:
            requests = schedule(rate, options.seconds, chance)
            before, begun = _used(gateway, worker), time.monotonic()
            seen, pace = await running.load(requests)
            took = time.monotonic() - begun
            busy = [(after - used) / took for used, after in zip(before, _used(gateway, worker), strict=True)]
            spreads = {
                "accepted to alert": Spread.of([each.since_accepted for each in seen]),
                "due to alert": Spread.of([each.since_due for each in seen]),
            }
            figures = [" / ".join(f"{1000 * value:.0f}" for value in spread) for spread in spreads.values()]
            table.add_row(f"{rate:,}/s", f"{pace:,.0f}", *figures, *(f"{share:.0%}" for share in busy))
            findings.append(Finding(f"{rate}/s", "accepted", pace, "1/s"))
            findings += [
                Finding(f"{rate}/s", f"{name}, {figure}", 1000 * value, "ms")
                for name, spread in spreads.items()
                for figure, value in spread._asdict().items()
            ]
    return table, findings


def _used(*processes: Companion) -> list[float]:
    return [cpu_seconds(process.pid) for process in processes]


def main(options: Namespace) -> None:
    """Measure and print the table."""
    calibration = calibrate()
    with world(options.kafka) as settings, TemporaryDirectory(prefix="ebbflow-benchmark-") as home:
        table, findings = uvloop.run(run(settings, Path(home), options))
    report(f"latency, {options.kafka}", table, findings, calibration)


if __name__ == "__main__":
    parser = ArgumentParser(prog="python -m benchmarks.latency")
    parser.add_argument("--rate", type=int, nargs="+", default=[200, 1_000, 5_000], metavar="N")
    parser.add_argument("--seconds", type=int, default=30, metavar="N")
    add_option(parser)
    main(parser.parse_args())
