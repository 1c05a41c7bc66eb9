"""The walk of docs/first-hour.md, by the commands that stand there: `pytest --demo tests/acceptance`.

Taken from the document are all blocks marked as `sh`, in their order, in one shell, but for other ports and a folder of
their own. Between them Chromium does what the document asks its reader to do.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from streams.embedded.companion import Companion
from streams.embedded.stack import free_port
from tests.harness import wait_until
from tests.sdks.environments import PACKAGES, chromium, npm

pytestmark = [pytest.mark.demo, pytest.mark.timeout(420)]

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "first-hour.md"
PORTS = {
    "19092": "", "16379": "", "8000": "", "8900": "", "9090": "",
    "8180": "GATEWAY_PORT", "8181": "CONSOLE_PORT",
    "9464": "WORKER_METRICS_PORT", "9465": "GATEWAY_METRICS_PORT", "9466": "NOTIFIER_METRICS_PORT",
}  # fmt: skip
"""All ports of the document, and where a setting is needed for another one, its name."""
_BLOCK_WITHIN = 120.0


def sections() -> dict[str, list[str]]:
    """The blocks that are to be run, by the number of their section."""
    parts = re.split(r"^## (\d)\. .*\n", DOCUMENT.read_text(), flags=re.MULTILINE)[1:]
    return {
        number: re.findall(r"^```sh\n(.*?)^```\n", text, re.MULTILINE | re.DOTALL)
        for number, text in zip(parts[::2], parts[1::2], strict=True)
    }


class Walker:
    """A shell in which one block is typed after the other, and a browser beside it."""

    def __init__(self, home: Path, shell: Companion, ports: dict[str, str]) -> None:
        self.home, self.shell, self.ports = home, shell, ports
        self._typed = 0

    def at(self, port: str, path: str = "") -> str:
        """The address of the document's port, where it is now."""
        return f"http://127.0.0.1:{self.ports[port]}{path}"

    def type(self, block: str) -> str:
        """Run a block; fails where one of its commands does. What it said."""
        block = re.sub(r"\b\d{4,5}\b", lambda number: self.ports.get(number[0], number[0]), block)
        self._typed += 1
        said, done = (self.home / f"{self._typed}.{name}" for name in ("said", "done"))
        # Renamed, so that the shell finds a whole one.
        writing = self.home / "writing"
        writing.write_text(block)
        writing.rename(self.home / f"{self._typed}.sh")
        wait_until(lambda: done.exists() or self.shell.status is not None, within=_BLOCK_WITHIN)
        told = said.read_text()
        assert done.exists(), f"the shell has ended in:\n{block}\n{told}"
        assert done.read_text() == "0\n", f"{block}\n{told}\n{self.logs()}"
        return told

    def logs(self) -> str:
        """The last that everything in the background has said."""
        return "\n".join(f"{log.name}: {log.read_text()[-800:]}" for log in self.home.glob("first-hour/*.log"))


_SHELL = r"""
set -E
number=1
while :; do
    until [ -e "$WALK/$number.sh" ]; do sleep 0.1; done
    failed=0
    trap 'failed=1' ERR
    source "$WALK/$number.sh" > "$WALK/$number.said" 2>&1 < /dev/null
    trap - ERR
    echo "$failed" > "$WALK/$number.done"
    number=$((number + 1))
done
"""


@pytest.fixture
def walker(tmp_path: Path) -> Iterator[Walker]:
    """A shell in a folder that looks like a clone to the document, with an environment in which nothing is set."""
    for name in ("dashboards", "constraints.txt"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / ".venv").symlink_to(sys.prefix)
    ports = {port: str(free_port()) for port in PORTS}
    script = tmp_path / "shell"
    script.write_text(_SHELL)
    environment = {f"EBBFLOW_{setting}": ports[port] for port, setting in PORTS.items() if setting}
    command = ["bash", "-c", f'cd "{tmp_path}"; source shell']
    with Companion("the shell", command, tmp_path / "log", {**environment, "WALK": str(tmp_path)}) as shell:
        yield Walker(tmp_path, shell, ports)
        group = shell.pid
    # What the document has not ended itself; the shell has a session of its own.
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


@contextmanager
def page_of(browser: Browser, address: str) -> Iterator[Page]:
    page = browser.new_page()
    page.goto(address)
    yield page
    page.close()


def press(page: Page, *buttons: str) -> None:
    """Press them; each is over when the gateway has taken what it tells."""
    for button in buttons:
        with page.expect_response(lambda answer: "/v1/" in answer.url and answer.request.method == "POST") as told:
            page.get_by_role("button", name=button).click()
        assert told.value.ok


def test_the_walk_goes_as_it_is_written(walker: Walker) -> None:
    npm()
    assert shutil.which("prometheus"), "the walk needs Prometheus: apt-get install prometheus"
    blocks = sections()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])

        assert '"broker":"reachable"' in [walker.type(block) for block in blocks["2"]][-1]
        with page_of(browser, walker.at("8181")) as console:
            expect(console.get_by_text("No alerts yet")).to_be_visible()

        page_made, profile = blocks["3"]
        walker.type(page_made)
        wait_until(lambda: _answers(walker.at("8000")))
        with page_of(browser, walker.at("8000")) as page:
            press(page, "Look at a lamp", "Sign in as ada", "Buy ten for 425 EUR")
            wait_until(lambda: "425.00 EUR" in walker.type("ebbflow profile ada || true\n"), every=1.0)
            ada = walker.type(profile)
            assert "also known as     anon:" in ada
            assert "4 (1 discover, 1 consider, 1 purchase)" in ada
            assert "name=Ada, plan=pro" in ada
            with page_of(browser, walker.at("8181", "/customers/ada")) as console:
                expect(console.get_by_role("heading", name="ada", exact=True)).to_be_visible()
                expect(console.get_by_text("425.00")).to_be_visible()

            rule, taken, alerts = blocks["4"]
            said = walker.type(rule)
            assert "All can be followed: big-order." in said
            assert re.search(r"│ big-order │ +1 │ +1 │", said)
            walker.type(taken)
            press(page, "Buy ten for 425 EUR")
            with page_of(browser, walker.at("8181")) as console:
                expect(console.get_by_role("article")).to_contain_text("ada made a large order", timeout=20_000)
            press(page, "Buy ten for 425 EUR")
            assert walker.type(alerts).count("rule.matched opened  ada made a large order") == 1

            receiver, verified, forged = blocks["5"]
            walker.type(receiver)
            assert walker.type(verified) == "verified: rule.matched opened - ada made a large order\n"
            said = walker.type(forged)
            assert "refused: Missing required headers" in said
            assert re.search(r"│ mine +│ json +│ +0 │ +0 │ 20", said)

            figures, watched, drawn = blocks["6"]
            assert 'kind="rule.matched",state="opened"} 1.0' in walker.type(figures)
            walker.type(watched)
            press(page, "Look at a lamp")
            wait_until(lambda: _up(walker) == {"worker": "1", "gateway": "1", "notifier": "1"}, within=30, every=1.0)
            said = walker.type(drawn)
            assert (walker.home / "first-hour" / "business.png").read_bytes().startswith(b"\x89PNG")
            assert "Active customers" not in said.partition("no data yet")[2]
        browser.close()
    running = [log.name for log in walker.home.glob("first-hour/*.log")]
    assert len(running) >= 7
    walker.type(blocks["7"][0])
    assert not (walker.home / "first-hour").exists()
    assert _alive(walker.shell.pid) <= {"bash", "sleep"}


def _answers(address: str) -> bool:
    try:
        return httpx.get(address, trust_env=False).is_success
    except httpx.TransportError:
        return False


def _up(walker: Walker) -> dict[str, str]:
    """Whether each job is scraped, as Prometheus says."""
    said = walker.type("curl --silent --get --data-urlencode query=up http://127.0.0.1:9090/api/v1/query\n")
    return {each["metric"]["job"]: each["value"][1] for each in json.loads(said)["data"]["result"]}


def _alive(session: int) -> set[str]:
    """The programs that run in a session."""
    listed = subprocess.run(["ps", "-o", "comm=", "--sid", str(session)], capture_output=True, text=True, timeout=10)
    return set(listed.stdout.split())


def test_the_sdk_is_the_one_that_is_tested() -> None:
    version = json.loads(PACKAGES.read_text())["dependencies"]["@segment/analytics-next"]
    assert f"npm install --no-fund --no-audit @segment/analytics-next@{version}\n" in DOCUMENT.read_text()
