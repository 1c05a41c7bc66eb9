"""Asks a gateway about customers from a process of its own, so many times a second, until it is ended by SIGTERM; then
it prints how long the answers took, as JSON.

    python -m benchmarks.asking PORT --rate N --customers N

Every question has its time (an open loop): an answer that is late is so from when it should have been asked for.
"""

import asyncio
import json
import random
import signal
import time
from argparse import ArgumentParser, Namespace
from typing import NamedTuple

import uvloop

from benchmarks.client import Connection, question_about
from benchmarks.spread import Spread
from benchmarks.traffic import name_of

_CONNECTIONS = 32


class Answered(NamedTuple):
    """Answers in all, and milliseconds to them."""

    answers: int
    p50: float
    p99: float
    most: float


async def ask(options: Namespace) -> Answered:
    """Ask until told to end."""
    chance, taken, ending = random.Random(1), list[float](), asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ending.set)
    begin = time.monotonic()

    async def ask_in_turn(place: int) -> None:
        number = place
        async with Connection(options.port) as connection:
            while not ending.is_set():
                due = begin + number / options.rate
                number += _CONNECTIONS
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                await connection.post(question_about(name_of(chance.randrange(options.customers))))
                taken.append(1000 * (time.monotonic() - due))

    await asyncio.gather(*map(ask_in_turn, range(_CONNECTIONS)))
    return Answered(len(taken), *Spread.of(taken))


if __name__ == "__main__":
    parser = ArgumentParser(prog="python -m benchmarks.asking")
    parser.add_argument("port", type=int)
    for option in ("--rate", "--customers"):
        parser.add_argument(option, type=int, required=True, metavar="N")
    print(json.dumps(uvloop.run(ask(parser.parse_args()))._asdict()))
