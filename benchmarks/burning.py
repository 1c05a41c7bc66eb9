"""Takes a share of a processor, in so many pieces a second, and touches nothing, until it is ended by SIGTERM.

    python -m benchmarks.burning SHARE --rate N

What a program loses beside this it loses to any other that runs on the same machine.
"""

import signal
import time
from argparse import ArgumentParser
from itertools import count
from threading import Event


def burn(share: float, rate: int, ending: Event) -> None:
    """Work and rest in turn until told to end."""
    begin = time.monotonic()
    for number in count(1):
        piece = time.thread_time() + share / rate
        while time.thread_time() < piece:
            pass
        if ending.wait(max(0.0, begin + number / rate - time.monotonic())):
            return


if __name__ == "__main__":
    parser = ArgumentParser(prog="python -m benchmarks.burning")
    parser.add_argument("share", type=float)
    parser.add_argument("--rate", type=int, required=True, metavar="N")
    options, ended = parser.parse_args(), Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    burn(options.share, options.rate, ended)
