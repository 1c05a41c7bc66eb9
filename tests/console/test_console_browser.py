"""The console as people use it, with a mouse, a keyboard or a phone: `pytest --console tests/console`."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from schemas.alert import Reason
from schemas.settings import Settings
from tests.alerting import alert_of
from tests.harness import WRITE_KEY, running_gateway, wait_until
from tests.integration.consoling import (
    HOSTILE,
    MEMBER,
    console_settings,
    keep,
    keep_journeys,
    publish_card,
    publish_roster,
    publish_section,
    running_console,
    town,
)
from tests.integration.working import folded, running_worker
from tests.telling import actions_told, churn_told, satisfaction_told, value_told
from tests.unit.channels import business

pytestmark = [pytest.mark.console, pytest.mark.timeout(300)]

_PHONE, _DESKTOP = 360, 1280
_AXE = "async () => (await axe.run()).violations.map(v => [v.impact, v.id, v.nodes.map(n => n.target.join(' '))])"


@dataclass(frozen=True)
class World:
    """A console and a gateway beside it, with ada in them, and alerts of others."""

    settings: Settings
    console: str
    gateway: str
    pictures: Path

    @contextmanager
    def visit(
        self, browser: Browser, width: int = _DESKTOP, scheme: Literal["light", "dark"] = "light"
    ) -> Iterator[Page]:
        """A browser in which somebody has signed in; fails if a page has said that something is wrong."""
        troubles: list[str] = []
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        page = context.new_page()
        page.on("console", lambda message: troubles.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("requestfailed", lambda request: troubles.append(request.url) if _is_page(request.url) else None)
        page.goto(self.console)
        page.get_by_label("Token").fill(MEMBER)
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Alerts", exact=True)).to_be_visible()
        yield page
        context.close()
        assert not troubles


def _is_page(url: str) -> bool:
    """Whether it is no connection that a page leaves behind when it is left."""
    return "_nicegui_ws" not in url


@pytest.fixture
def world(settings: Settings, tmp_path: Path) -> Iterator[World]:
    often = settings.policy.model_copy(update={"predict_every": timedelta(hours=2)})
    own = console_settings(settings, policy=often.model_dump())
    publish_card(own)
    with running_gateway(own) as gateway:
        with running_worker(own, tmp_path / "worker.log"):
            tell(own, gateway)
        # After the census of the worker.
        publish_section(own, "acquisition", business(0, "affiliate"))
        keep_journeys(own)
        publish_section(own, "churn", churn_told())
        publish_section(own, "actions", actions_told())
        publish_section(own, "value", value_told())
        for days_ago in range(20, -1, -1):
            publish_section(own, "satisfaction", satisfaction_told(days_ago))
        publish_section(own, "segments", town(datetime.now(UTC)))
        publish_roster(own, datetime.now(UTC), ["ada", HOSTILE, *(f"customer {number}" for number in range(70))])
        hour, now = timedelta(hours=1), datetime.now(UTC)
        reasons = [
            Reason(feature="recency", value=23, weight=1.2, words="silent for 23 days"),
            Reason(feature="friction", value=2, weight=0.6, words="two complaints lately"),
        ]
        keep(
            own,
            alert_of(HOSTILE, at=now - 30 * hour, severity="info"),
            alert_of("grace", at=now - 5 * hour, severity="critical", reasons=reasons, action="nothing"),
            alert_of("ada", at=now - hour, reasons=reasons),
        )
        with running_console(own, tmp_path / "console.log") as console:
            yield World(own, console, gateway, tmp_path)


def tell(settings: Settings, gateway: str) -> None:
    """What ada did."""
    now, events = datetime.now(UTC), ("Page Viewed", "Product Viewed", "Order Completed", "Support Ticket Created")
    batch = [
        {
            "type": "track",
            "userId": "ada",
            "event": events[number % 4],
            "properties": {"revenue": 20 + number, "currency": "EUR"} if number % 4 == 2 else {},
            "timestamp": (now - timedelta(hours=12 - number)).isoformat(),
        }
        for number in range(12)
    ]
    batch.append({"type": "identify", "userId": "ada", "traits": {"name": "Ada L.", "plan": "gold"}})
    answer = httpx.post(f"{gateway}/v1/batch", json={"batch": batch}, auth=(WRITE_KEY, ""))
    assert answer.is_success, answer.text
    wait_until(lambda: folded(settings) == len(batch))


def test_from_an_alert_to_its_customer_to_an_alert_acknowledged(world: World, browser: Browser) -> None:
    alert = alert_of("ada")
    with world.visit(browser) as page:
        page.get_by_role("link", name="ada", exact=True).click()
        expect(page.get_by_role("heading", name="ada", exact=True)).to_be_visible()
        expect(page.get_by_text("Call them.").first).to_be_visible()
        button = page.get_by_role("button", name="Acknowledge")
        expect(button).to_have_attribute("aria-pressed", "false")
        # By keyboard, and the focus stays where it was.
        button.focus()
        page.keyboard.press("Enter")
        expect(button).to_have_attribute("aria-pressed", "true")
        expect(button).to_be_focused()
        expect(page.get_by_role("article").get_by_role("status")).to_contain_text("acknowledged just now by grace")
        page.get_by_role("button", name="Useful", exact=True).click()
        expect(page.get_by_role("button", name="Useful", exact=True)).to_have_attribute("aria-pressed", "true")
    read = httpx.get(f"{world.gateway}/v1/alerts/{alert.id}", headers={"Authorization": f"Bearer {MEMBER}"}).json()
    assert (read["status"], read["handling"]["by"], read["handling"]["useful"]) == ("acknowledged", "grace", True)


def test_what_comes_is_shown_without_moving_what_somebody_is_at(world: World, browser: Browser) -> None:
    with world.visit(browser) as page:
        cards = page.get_by_role("article")
        expect(cards).to_have_count(3)
        assert "ada" in cards.first.inner_text()
        page.get_by_role("button", name="Snooze 7 days").first.click()
        expect(cards.first.get_by_role("status")).to_contain_text("snoozed just now by grace, until")
        keep(world.settings, alert_of("linus", at=datetime.now(UTC)))
        more = page.get_by_role("button", name="Show 1 new")
        expect(more).to_be_visible(timeout=10_000)
        expect(cards).to_have_count(3)
        more.click()
        expect(cards).to_have_count(4)
        assert "linus" in cards.first.inner_text()
        page.mouse.move(1, 1)
        keep(world.settings, alert_of("barbara", at=datetime.now(UTC)))
        expect(cards).to_have_count(5, timeout=10_000)
        page.get_by_label("Severity").select_option("critical")
        page.get_by_role("button", name="Show", exact=True).click()
        expect(cards).to_have_count(1)
        expect(page.get_by_label("Severity")).to_have_value("critical")
        assert "grace" in cards.first.inner_text()


def test_from_a_segment_to_its_customers_to_one_of_them_by_keyboard(world: World, browser: Browser) -> None:
    with world.visit(browser) as page:
        page.get_by_role("link", name="Segments", exact=True).focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Segments", exact=True)).to_be_visible()
        page.get_by_role("link", name="vip", exact=True).focus()
        page.keyboard.press("Enter")
        expect(page.get_by_label("Segment")).to_have_value("vip")
        expect(page.get_by_role("row")).to_have_count(1 + 24)
        page.get_by_label("Segment").select_option("At risk")
        page.get_by_role("button", name="Show", exact=True).click()
        expect(page.get_by_role("row")).to_have_count(1 + 50)
        page.get_by_role("link", name="The next 50").click()
        expect(page.get_by_role("row")).to_have_count(1 + 22)
        page.get_by_role("link", name="From the first").click()
        expect(page.get_by_role("row")).to_have_count(1 + 50)
        assert page.title() != "owned"
        page.get_by_role("link", name="ada", exact=True).click()
        expect(page.get_by_role("heading", name="ada", exact=True)).to_be_visible()
        expect(page.get_by_role("link", name="new, since")).to_be_visible()


def test_a_hostile_name_stays_a_name(world: World, browser: Browser) -> None:
    with world.visit(browser) as page:
        page.get_by_role("article").last.get_by_role("link").click()
        expect(page.get_by_role("heading", level=1)).to_have_text(HOSTILE)
        expect(page.get_by_text("Nobody is known by this id")).to_be_visible()
        assert page.title() != "owned"
        assert page.locator("img").count() == 0


def test_journeys_are_a_picture_and_a_table_of_the_same(world: World, browser: Browser) -> None:
    with world.visit(browser) as page:
        page.get_by_role("link", name="Journeys", exact=True).click()
        expect(page.get_by_role("heading", name="Journeys", exact=True)).to_be_visible()
        picture = page.get_by_role("img", name="What comes after what")
        for said in ("begin", "silence", "purchase"):
            expect(picture.locator("text").get_by_text(said, exact=True).first).to_be_visible()
        expect(page.get_by_role("row", name="friction service")).to_be_hidden()
        page.get_by_text("All transitions as a table").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("row", name="friction service")).to_be_visible()
        bars = page.get_by_role("region", name="Shares have the bounds").locator(".bar")
        widths = [bar.bounding_box()["width"] for bar in bars.all()]  # type: ignore[index]
        assert widths == sorted(widths, reverse=True)
        assert widths[-1] > 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [_PHONE, _DESKTOP])
def test_pages_fit_and_are_accessible(
    world: World, browser: Browser, axe: str, width: int, scheme: Literal["light", "dark"]
) -> None:
    wrong = []
    with world.visit(browser, width, scheme) as page:
        pages = {
            "alerts": "/", "customer": "/customers/ada", "models": "/models", "unknown": "/customers/nobody",
            "none": "/?kind=customer.left", "acquisition": "/acquisition", "journeys": "/journeys", "why": "/why",
            "satisfaction": "/satisfaction", "customers": "/customers",
            "segments": "/segments", "nobody": "/customers?status=left", "value": "/value",
        }  # fmt: skip
        for name, path in pages.items():
            page.goto(world.console + path)
            expect(page.get_by_role("heading", level=1)).to_be_visible()
            page.wait_for_function("() => [...document.querySelectorAll('.chart')].every(c => c.querySelector('svg'))")
            page.screenshot(path=world.pictures / f"console-{name}-{width}-{scheme}.png", full_page=True)
            across = page.evaluate("document.documentElement.scrollWidth")
            wrong += [(name, "is wider than the screen", across)] if across > width else []
            wrong += [(name, *each) for each in examined(page, axe)]
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_label("Token")).to_be_visible()
        page.screenshot(path=world.pictures / f"console-sign-in-{width}-{scheme}.png")
        wrong += [("sign-in", *each) for each in examined(page, axe)]
    assert not wrong


def examined(page: Page, axe: str) -> list[object]:
    """What axe finds serious, or critical."""
    page.evaluate(axe)
    return [each for each in page.evaluate(_AXE) if each[0] in ("serious", "critical")]


def test_all_is_reached_by_keyboard(world: World, browser: Browser) -> None:
    with world.visit(browser, _PHONE) as page:
        page.goto(world.console)
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        expect(page.get_by_label("Kind")).to_be_focused()
        page.get_by_label("Customer id").focus()
        page.keyboard.type("ada")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="ada", exact=True)).to_be_visible()
