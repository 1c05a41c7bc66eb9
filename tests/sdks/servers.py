"""What stands around the gateway: a proxy before it, and a server of pages on an origin of its own."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

PAGES = Path(__file__).with_name("pages")
_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding"}
_ANSWERED_WITHIN = 30.0


class Proxy(BaseHTTPRequestHandler):
    """Passes every request on, as a proxy before the gateway does; the first POST twice, the second time under the
    `spell`: it has arrived, and the client hears what the gateway says under the spell.

    It notes the statuses that POSTs were answered with.
    """

    protocol_version = "HTTP/1.1"

    def __init__(self, target: str, spell: Callable[[], AbstractContextManager[None]], told: list[int], *given: Any):
        self._target, self._spell, self._told = urlsplit(target).netloc, spell, told
        super().__init__(*given)

    def do_POST(self) -> None:
        body, turn = self._body(), len(self._told)
        self._told.append(0)
        answer = self._pass_on(body)
        if not turn:
            with self._spell():
                answer = self._pass_on(body)
        self._told[turn] = answer.status_code
        self._answer(answer)

    def do_GET(self) -> None:
        self._answer(self._pass_on(self._body()))

    do_OPTIONS = do_GET  # noqa: N815

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def _pass_on(self, body: bytes) -> httpx.Response:
        url = f"http://{self._target}{self.path}"
        return httpx.request(self.command, url, content=body, headers=dict(self.headers), timeout=_ANSWERED_WITHIN)

    def _answer(self, answer: httpx.Response) -> None:
        self.send_response_only(answer.status_code)
        for name, value in answer.headers.items():
            if name not in _HOP_BY_HOP:
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.content)

    def log_message(self, *_: object) -> None:
        """Nothing."""


class Pages(SimpleHTTPRequestHandler):
    """The test's own pages, and what they load from `node_modules`."""

    def __init__(self, modules: Path, *given: Any) -> None:
        self._modules = modules
        super().__init__(*given, directory=str(PAGES))

    def translate_path(self, path: str) -> str:
        name = urlsplit(path).path
        if name.startswith("/node_modules/"):
            return str(self._modules / name.removeprefix("/node_modules/"))
        return super().translate_path(path)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@contextmanager
def serving(handler: Callable[..., BaseHTTPRequestHandler]) -> Iterator[str]:
    """A server on the loopback interface, a thread for each connection; its URL."""
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def proxy_of(gateway: str, spell: Callable[[], AbstractContextManager[None]]) -> Iterator[tuple[str, list[int]]]:
    """A proxy before the gateway: its URL, and the statuses that POSTs were answered with, so far."""
    told: list[int] = []
    with serving(partial(Proxy, gateway, spell, told)) as url:
        yield url, told


def pages(modules: Path) -> AbstractContextManager[str]:
    """The server of pages."""
    return serving(partial(Pages, modules))
