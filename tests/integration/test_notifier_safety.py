"""What a notifier refuses to do, whatever an endpoint, its name or its answers say."""

import asyncio
import socket
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from processors.backoff import Verdict
from schemas.endpoints import Endpoint
from schemas.settings import Settings
from streams.notifier.post import Post
from streams.notifier.reach import ForbiddenAddressError, addresses_of
from streams.notifier.tried import Tried
from streams.tracing import Tracing
from tests.alerting import alert_of
from tests.harness import wait_until
from tests.integration.notifying import SECRET, dead_letters, hook, publish, running_notifier
from tests.integration.receivers import HOST, Answer, Receiver, certified

pytestmark = pytest.mark.integration


def endpoint(url: str, **more: Any) -> Endpoint:
    return Endpoint(url=SecretStr(url), secret=SecretStr(SECRET), **{"allow_private": True, **more})


def tried(to: Endpoint) -> Tried:
    """One delivery."""

    async def deliver() -> Tried:
        post = Post(to, Tracing())
        try:
            return await post.deliver([alert_of()])
        finally:
            await post.close()

    return asyncio.run(deliver())


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Let a name resolve to these addresses, one list after the other; gives the names that were asked for."""

    def resolve(*answers: list[str]) -> list[str]:
        asked: list[str] = []

        def getaddrinfo(host: Any, port: Any, *_: Any, **__: Any) -> list[Any]:
            asked.append(host)
            found = answers[min(len(asked), len(answers)) - 1]
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
        return asked

    return resolve


def test_a_certificate_that_nobody_vouches_for_is_refused(settings: Settings, tmp_path: Path) -> None:
    context, certificate = certified(tmp_path)
    own = settings.model_copy(update={"notify_for": timedelta(seconds=2)})
    with Receiver(tls=context) as liar:
        endpoints = {"liar": hook(liar.url)}
        with running_notifier(own, endpoints, tmp_path / "log"):
            publish(settings, [alert_of()])
            wait_until(lambda: dead_letters(settings, "liar"))
        assert "its certificate is not valid: self-signed certificate" in dead_letters(settings, "liar")[0]["error"]
        assert liar.got == []
        # Where somebody does vouch for it, it is taken.
        with running_notifier(own, endpoints, tmp_path / "log", SSL_CERT_FILE=str(certificate)):
            publish(settings, [alert_of(episode=2)])
            wait_until(lambda: liar.got)


def test_a_certificate_is_for_a_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, names: Callable[..., list[str]]
) -> None:
    context, certificate = certified(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with Receiver(tls=context) as other:
        assert tried(endpoint(other.url)).verdict is Verdict.DELIVERED
        names([HOST])
        said = tried(endpoint(f"https://hooks.example:{other.port}/hook"))
        assert said.verdict is Verdict.AGAIN
        assert "certificate is not valid for 'hooks.example'" in said.error
        assert len(other.got) == 1


def test_a_redirect_is_not_followed(settings: Settings, tmp_path: Path) -> None:
    with Receiver() as inner:
        with (
            Receiver(lambda _: Answer(307, {"Location": inner.url})) as outer,
            running_notifier(settings, {"outer": hook(outer.url)}, tmp_path / "log"),
        ):
            publish(settings, [alert_of()])
            wait_until(lambda: dead_letters(settings, "outer"))
        assert dead_letters(settings, "outer")[0]["error"] == "HTTP 307, a redirect, which is not followed"
        assert len(outer.got) == 3
        assert inner.got == []


def test_a_private_address_is_refused_unless_it_is_meant(settings: Settings, tmp_path: Path) -> None:
    with socket.create_server((HOST, 0)) as inner:
        url = f"https://localhost:{inner.getsockname()[1]}/hook"
        with running_notifier(settings, {"inner": {"url": url, "secret": SECRET}}, tmp_path / "log"):
            publish(settings, [alert_of()])
            wait_until(lambda: dead_letters(settings, "inner"))
        assert "allow_private = true" in dead_letters(settings, "inner")[0]["error"]
        inner.settimeout(0)
        with pytest.raises(BlockingIOError):
            inner.accept()


def test_only_what_was_checked_is_connected_to(names: Callable[..., list[str]]) -> None:
    with Receiver() as there:
        # The second answer would lead elsewhere, if anybody asked for it.
        asked = names([HOST], ["127.0.0.2"])
        assert tried(endpoint(f"http://hooks.example:{there.port}/hook?a=b")).verdict is Verdict.DELIVERED
        assert asked == ["hooks.example"]
        assert there.got[0].headers["host"] == f"hooks.example:{there.port}"
        assert there.got[0].path == "/hook?a=b"


@pytest.mark.parametrize(
    ("url", "allowed", "found", "left"),
    [
        ("https://x.example", False, ["10.0.0.1", "93.184.216.34"], ["93.184.216.34"]),
        ("https://x.example", True, ["10.0.0.1", "93.184.216.34"], ["10.0.0.1", "93.184.216.34"]),
        ("https://x.example", False, ["169.254.169.254"], None),
        ("http://x.example", True, ["10.0.0.1", "93.184.216.34"], ["10.0.0.1"]),
        ("http://x.example", True, ["93.184.216.34"], None),
        ("http://localhost", False, ["127.0.0.1"], None),
    ],
)
def test_addresses_are_checked_once_they_are_resolved(
    names: Callable[..., list[str]], url: str, allowed: bool, found: list[str], left: list[str] | None
) -> None:
    names(found)
    to = endpoint(url, allow_private=allowed)
    if left is None:
        with pytest.raises(ForbiddenAddressError):
            asyncio.run(addresses_of(to))
    else:
        assert asyncio.run(addresses_of(to)) == left


def test_an_answer_is_read_to_a_bound() -> None:
    with Receiver(lambda _: Answer(500, body=b"word " * 10_000_000)) as talker:
        said = tried(endpoint(talker.url))
        assert said.verdict is Verdict.AGAIN
        assert said.error.startswith("HTTP 500: word word")
        assert len(said.error) < 300


def test_an_answer_that_never_ends_is_cut_off() -> None:
    with socket.create_server((HOST, 0)) as dripping:

        def drip() -> None:
            connection = dripping.accept()[0]
            with connection:
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
                ended = threading.Event()
                while not ended.wait(0.1):
                    try:
                        connection.sendall(b"x")
                    except OSError:
                        return

        thread = threading.Thread(target=drip)
        thread.start()
        said = tried(endpoint(f"http://{HOST}:{dripping.getsockname()[1]}/", timeout=timedelta(seconds=1)))
        thread.join(10)
        assert said == Tried(Verdict.AGAIN, "no answer within 1 s")
        assert not thread.is_alive()


def test_what_is_no_http_is_tried_again() -> None:
    with socket.create_server((HOST, 0)) as strange:

        def answer() -> None:
            with strange.accept()[0] as connection:
                connection.recv(65536)
                connection.sendall(b"220 smtp.example ESMTP\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        assert tried(endpoint(f"http://{HOST}:{strange.getsockname()[1]}/")).verdict is Verdict.AGAIN
        thread.join(10)
