"""Loads a gateway from a process of its own, as fast as it answers, and prints what it took in, as JSON.

    python -m benchmarks.load PORT --size N --connections N --seconds N

Every connection sends its next request when the last was accepted (a closed loop). The first second does not count.
"""

import asyncio
import json
import random
import time
from argparse import ArgumentParser, Namespace
from itertools import count, islice
from typing import NamedTuple

import uvloop

from benchmarks.client import Connection, request_for
from benchmarks.spread import Spread
from benchmarks.traffic import popular, touchpoints

_WARM_UP = 1.0
# Requests made beforehand; they are sent round and round, each time as new events: a gateway knows no repeats.
_REQUESTS = 200


class Taken(NamedTuple):
    """Events accepted in all, with the warm-up; and after it, events per second and milliseconds to each answer."""

    events: int
    rate: float
    p50: float
    p99: float
    most: float


async def load(options: Namespace) -> Taken:
    """Send for so many seconds after the warm-up."""
    chance, size = random.Random(1), options.size
    events = list(touchpoints(popular(_REQUESTS * size, chance), chance))
    requests = [request_for(events[first : first + size]) for first in range(0, len(events), size)]
    begin = time.monotonic() + _WARM_UP
    end, answered, taken = begin + options.seconds, 0, list[float]()

    async def send(start: int) -> None:
        nonlocal answered
        async with Connection(options.port) as connection:
            for number in islice(count(), start, None):
                sent = time.monotonic()
                if sent >= end:
                    return
                await connection.post(requests[number % _REQUESTS])
                answered += 1
                if begin <= sent and (now := time.monotonic()) < end:
                    taken.append(now - sent)

    await asyncio.gather(*(send(place * _REQUESTS // options.connections) for place in range(options.connections)))
    milliseconds = (1000 * value for value in Spread.of(taken))
    return Taken(answered * size, len(taken) * size / options.seconds, *milliseconds)


if __name__ == "__main__":
    parser = ArgumentParser(prog="python -m benchmarks.load")
    parser.add_argument("port", type=int)
    for option in ("--size", "--connections", "--seconds"):
        parser.add_argument(option, type=int, required=True, metavar="N")
    print(json.dumps(uvloop.run(load(parser.parse_args()))._asdict()))
