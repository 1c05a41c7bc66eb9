"""`python -m tests.console.pictures docs/pictures` makes the pictures of the documents anew, from a demo that runs.

The demo's shop lives for some minutes. Then Chromium goes through all pages that the console's navigation has, and a
customer's; and dashboards are drawn from what a Prometheus saw meanwhile.
"""

import argparse
import io
import signal
import tempfile
import time
from contextlib import ExitStack, closing
from datetime import timedelta
from pathlib import Path
from typing import Literal, NamedTuple

from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from dashboards import answers
from dashboards.draw import draw
from schemas.settings import Settings
from streams.clock import Clock
from streams.console.frame import link_to
from streams.demo.publish import Publishing
from streams.demo.shop import Shop
from streams.demo.stage import Stage
from tests.integration.working import profiles_of
from tests.monitoring.prometheus import Prometheus
from tests.sdks.environments import chromium

_CUSTOMERS, _SEED = 300, 7
_LIVES = 240.0
_DRAWN = timedelta(minutes=3)
"""How much of the past a dashboard shows: without the first minute, in which the models know nothing."""
_LEARNED_WITHIN = 120.0
_COLOURS = 256
_A_HISTORY = 25
"""Active days."""
_ALERTED = "It is what the newest open alert suggests"
DASHBOARDS = ("business", "customers_at_risk", "models")


class View(NamedTuple):
    """A way to look at a page: what its pictures are called, the screen in CSS pixels, pixels to each, the scheme."""

    suffix: str
    width: int
    height: int
    scale: int
    scheme: Literal["light", "dark"]


VIEWS = (
    View("", 1280, 960, 1, "light"),
    View("-dark", 1280, 960, 1, "dark"),
    View("-phone", 390, 844, 2, "light"),
)
_DARK = ("customer", "alerts")
"""Of one look, two pages are enough."""


def main() -> None:
    """Make them, in the folder that the command line names."""
    about = (__doc__ or "").split("\n\n")[0]
    parser = argparse.ArgumentParser(prog="python -m tests.console.pictures", description=about)
    parser.add_argument("folder", type=Path, help="where the pictures go; made when it is missing")
    parser.add_argument("--seconds", type=float, default=_LIVES, help="how long the shop lives before (%(default)s)")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    # As Ctrl-C, so that all that was started is ended.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with ExitStack() as running:
        home = Path(running.enter_context(tempfile.TemporaryDirectory(prefix="ebbflow-pictures-")))
        stage = running.enter_context(Stage())
        prometheus = running.enter_context(Prometheus(stage.ports, home))
        clock = Clock(stage.settings)
        shop = Shop(_CUSTOMERS, clock.now(), _SEED)
        publishing = running.enter_context(Publishing(shop, clock, stage.gateway_url, stage.write_key))
        _wait(stage, publishing, given.seconds)
        customers = _at_risk(stage.settings)
        with sync_playwright() as playwright:
            # No sandbox: this may run as root, and what the browser loads comes from this machine alone.
            browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
            _console(browser, stage.console_url, customers, given.folder)
            browser.close()
        _dashboards(prometheus, given.folder)
        stage.check()
        publishing.check()


def _wait(stage: Stage, publishing: Publishing, seconds: float) -> None:
    """Let the shop live for so long, and until the models may speak."""
    end = time.monotonic() + seconds
    while time.monotonic() < end or not _has_learned(stage):
        if time.monotonic() > end + _LEARNED_WITHIN:
            raise SystemExit(f"no model was warm within {seconds + _LEARNED_WITHIN:g} s")
        stage.check()
        publishing.check()
        time.sleep(1.0)


def _has_learned(stage: Stage) -> bool:
    figures = stage.metrics.read()
    return figures is not None and figures.warm


def _console(browser: Browser, console: str, customers: list[str], folder: Path) -> None:
    """Each page in each view; the customer's first, whom the shop, which lives on, could lose meanwhile."""
    screens = {view: _screen(browser, view) for view in VIEWS}
    first = screens[VIEWS[0]]
    first.goto(console)
    links = first.get_by_role("navigation", name="Pages").get_by_role("link")
    pages = _named(links.evaluate_all("all => all.map(link => link.pathname)"))
    for name, address in {"customer": _somebody(first, console, customers), **pages}.items():
        for view, page in screens.items():
            if view.scheme == "dark" and name not in _DARK:
                continue
            page.goto(console + address)
            _settle(page)
            _keep(folder / f"{name}{view.suffix}.png", page.screenshot())


def _screen(browser: Browser, view: View) -> Page:
    size = {"width": view.width, "height": view.height}
    context = browser.new_context(viewport=size, device_scale_factor=view.scale, color_scheme=view.scheme)
    return context.new_page()


def _at_risk(settings: Settings) -> list[str]:
    """Customers with a history, about whose risk there is an alert; the newest first."""
    opened = {
        profile.customer: told.opened_at
        for profile in profiles_of(settings).values()
        if profile.facts.days >= _A_HISTORY and (told := profile.judgements.episodes.get("churn.risk")) is not None
    }
    return sorted(opened, key=lambda customer: -opened[customer])


def _somebody(page: Page, console: str, customers: list[str]) -> str:
    """The address of the first one whose alert is open still; the shop lives on."""
    for address in map(link_to, customers):
        page.goto(console + address)
        _settle(page)
        if page.get_by_text(_ALERTED).count():
            return address
    raise SystemExit("no churn alert is open: let the shop live for longer, by --seconds")


def _dashboards(prometheus: Prometheus, folder: Path) -> None:
    with closing(answers.Prometheus(prometheus.url, time.time(), _DRAWN)) as asked:
        for name in DASHBOARDS:
            path = folder / f"dashboard-{name.replace('_', '-')}.png"
            if empty := draw(name, asked, path):
                print(f"{name}: no data for {', '.join(empty)}")
            _keep(path, path.read_bytes())


def _named(addresses: list[str]) -> dict[str, str]:
    """Pages by what their pictures are called; the first one is that of alerts."""
    return {address.strip("/").replace("/", "-") or "alerts": address for address in addresses}


def _settle(page: Page) -> None:
    """Wait until it is there, charts and all."""
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.wait_for_function("() => [...document.querySelectorAll('.chart')].every(c => c.querySelector('svg'))")
    page.wait_for_load_state("networkidle")


def _keep(path: Path, picture: bytes) -> None:
    """Write a PNG with a palette, which is a third of the size."""
    whole = Image.open(io.BytesIO(picture)).convert("RGB")
    few = whole.quantize(_COLOURS, Image.Quantize.MAXCOVERAGE, kmeans=5, dither=Image.Dither.NONE)
    few.save(path, optimize=True)
    print(f"{path}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
