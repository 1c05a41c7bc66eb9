"""`ebbflow demo`: a simulated shop goes through the real system, for as long as somebody watches."""

import signal
import time
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, closing, nullcontext

from rich.console import Console
from rich.live import Live

from schemas.alert import Alert
from streams.clock import Clock
from streams.demo.feed import AlertFeed
from streams.demo.figures import Figures
from streams.demo.publish import Publishing
from streams.demo.shop import Shop
from streams.demo.stage import Stage
from streams.demo.summary import summary
from streams.demo.truth import compare
from streams.demo.view import Scene, render, status_line

_LOOK_EVERY = 0.25
_FIGURES_EVERY = 1.0
_STATUS_EVERY = 5.0
_ALERT_EVERY = 1.5
_MOST_SHOWN = 20
_DRAINED_WITHIN = 5.0


class Demo:
    """One run of the demo.

    Args:
        customers: of the shop at the start.
        seed: of the shop.
        seconds: of real time after everything is set up; none is until Ctrl-C.
        plain: status lines in place of the live view; also when the output is no terminal.
    """

    def __init__(self, customers: int, seed: int, seconds: float | None, plain: bool) -> None:
        self._customers, self._seed, self._seconds = customers, seed, seconds
        self._console = Console(highlight=False)
        self._plain = plain or not self._console.is_terminal

    def run(self) -> None:
        """Set up, watch, end everything, and say what came of it.

        Raises:
            EmbeddedError, PublishingError: if a part ends before its time.
        """
        # Being told to end is as good as a Ctrl-C.
        for name in ("SIGTERM", "SIGHUP"):
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), signal.default_int_handler)
        with ExitStack() as running:
            self._console.print("Starting a broker, a store, a gateway and two workers on this machine, in memory ...")
            stage = running.enter_context(Stage())
            feed = running.enter_context(closing(AlertFeed(stage.settings)))
            clock = Clock(stage.settings)
            shop = Shop(self._customers, clock.now(), self._seed)
            show = _Show(stage, feed, clock, Publishing(shop, clock, stage.gateway_url, stage.write_key))
