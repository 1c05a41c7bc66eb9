"""`ebbflow demo`: a simulated shop goes through the real system, for as long as somebody watches."""

import asyncio
import signal
import time
from contextlib import ExitStack, closing

from redis.asyncio import Redis
from rich.console import Console
from rich.live import Live

from schemas.population import ActionsTold
from schemas.settings import Settings
from streams.clock import Clock
from streams.demo.feed import AlertFeed
from streams.demo.publish import Publishing
from streams.demo.shop import Shop
from streams.demo.shopper import DAY
from streams.demo.stage import Stage
from streams.demo.summary import summary
from streams.demo.team import Team
from streams.demo.truth import compare
from streams.demo.view import render, status_line
from streams.demo.watch import Watch
from streams.store.population import PopulationStore

_LOOK_EVERY = 0.25
_STATUS_EVERY = 5.0
_DRAINED_WITHIN = 5.0


def run(customers: int, seed: int, seconds: float | None, plain: bool) -> None:
    """Set everything up, watch, say what came of it, and end everything.

    Args:
        customers: of the shop at the start.
        seed: of the shop.
        seconds: of real time once everything is set up; none is until Ctrl-C.
        plain: status lines in place of the live view; also when the output is no terminal.

    Raises:
        UnavailableError: if a part ends before its time; with its last words.
    """
    console = Console(highlight=False)
    _treat_as_ctrl_c("SIGINT", "SIGTERM", "SIGHUP")
    with ExitStack() as running:
        console.print("Starting a broker, a store, a gateway and two workers on this machine; some ten seconds ...")
        stage = running.enter_context(Stage())
        if stage.console_url:
            console.print(f"The console, for people, is at {stage.console_url}", soft_wrap=True)
        asks = f"curl -H 'Authorization: Bearer {stage.read_token}' {stage.gateway_url}/v1/value"
        console.print(f"Programs may ask, too: {asks}", soft_wrap=True)
        feed = running.enter_context(closing(AlertFeed(stage.settings)))
        clock = Clock(stage.settings)
        shop = Shop(customers, clock.now(), seed)
        team = Team(shop)
        publishing = running.enter_context(Publishing(team, clock, stage.gateway_url, stage.write_key))
        watch = Watch(stage.metrics, feed, team, clock)
        try:
            _show(stage, publishing, watch, seconds, console, plain or not console.is_terminal)
        except KeyboardInterrupt:
            console.print("Stopping ...")
        finally:
            # From here on everything ends in order; a second Ctrl-C would only leave some of it behind.
            _ignore("SIGINT", "SIGTERM", "SIGHUP")
        publishing.stop()
        scene = watch.drain(publishing.sent, _DRAINED_WITHIN)
        warm_since = scene.now if watch.warm_since is None else watch.warm_since
        comparison = compare(feed.turns(), shop.truth(), stage.settings.policy, warm_since, publishing.until)
        days = (publishing.until - shop.start) / DAY
        actions = team.in_words(asyncio.run(_found_out(stage.settings)))
        console.print(summary(scene, publishing.sent, days, feed.invalid, comparison, actions))


async def _found_out(settings: Settings) -> ActionsTold | None:
    """What the learner has found out about actions."""
    async with Redis.from_url(settings.redis_url) as redis:
        held = await PopulationStore(redis, settings).section("actions")
    return None if held is None else ActionsTold.model_validate_json(held)


def _show(
    stage: Stage, publishing: Publishing, watch: Watch, seconds: float | None, console: Console, plain: bool
) -> None:
    """Show how things stand until the time is up."""
    end = None if seconds is None else time.monotonic() + seconds
    with ExitStack() as screen:
        live = None if plain else screen.enter_context(Live(console=console, screen=True, auto_refresh=False))
        next_status = time.monotonic() + _STATUS_EVERY
        while end is None or time.monotonic() < end:
            stage.check()
            publishing.check()
            scene = watch.look()
            if live is not None:
                live.update(render(scene, stage.console_url), refresh=True)
            elif time.monotonic() >= next_status:
                console.print(status_line(scene), soft_wrap=True)
                next_status += _STATUS_EVERY
            time.sleep(_LOOK_EVERY)


def _treat_as_ctrl_c(*names: str) -> None:
    for name in names:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.default_int_handler)


def _ignore(*names: str) -> None:
    for name in names:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
