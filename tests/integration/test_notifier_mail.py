"""Alerts by e-mail."""

from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from schemas.settings import Settings
from tests.alerting import alert_of
from tests.harness import wait_until
from tests.integration.notifying import dead_letters, publish, running_notifier, waiting
from tests.integration.receivers import HOST, MailServer

pytestmark = pytest.mark.integration


def mailbox(server: MailServer, **more: Any) -> dict[str, Any]:
    return {
        **{"url": f"smtp://{HOST}:{server.port}", "shape": "email", "allow_private": True},
        **{"sender": "ebbflow@shop.example", "to": ["care@shop.example", "boss@shop.example"], **more},
    }


def test_each_alert_is_a_message(settings: Settings, tmp_path: Path) -> None:
    with MailServer() as server, running_notifier(settings, {"mail": mailbox(server)}, tmp_path / "log"):
        publish(settings, [alert_of("ada"), alert_of("ada", state="closed")])
        wait_until(lambda: waiting(settings, "mail") == 0 and len(server.messages) == 2)
        opened, closed = server.messages
        assert opened["Subject"].strip().startswith("Churn risk: ada will stay away")
        assert closed["Subject"].strip().startswith("Churn risk: closed")
        assert (opened["From"], opened["To"]) == ("ebbflow@shop.example", "care@shop.example, boss@shop.example")
        assert opened["Message-ID"] != closed["Message-ID"]
        text = opened.get_payload(decode=True)
        assert isinstance(text, bytes)
        assert b"At stake: 120.00 EUR" in text


@pytest.mark.thorough
def test_a_digest_has_all_that_came_in_one_message(settings: Settings, tmp_path: Path) -> None:
    with MailServer() as server:
        endpoints = {"mail": mailbox(server, digest="4s")}
        with running_notifier(settings, endpoints, tmp_path / "log"):
            publish(settings, [alert_of("ada"), alert_of("grace"), alert_of("ada", state="closed")])
            wait_until(lambda: server.messages and waiting(settings, "mail") == 0)
            publish(settings, [alert_of("bob")])
            wait_until(lambda: len(server.messages) == 2 and waiting(settings, "mail") == 0)
    first, second = server.messages
    assert first["Subject"] == "3 alerts of Ebbflow"
    assert second["Subject"].strip().startswith("Churn risk: bob")
    text = first.get_payload(decode=True)
    assert isinstance(text, bytes)
    opened, closed = (text.index(alert_of("ada", state=state).id.encode()) for state in ("opened", "closed"))
    assert opened < closed
    assert b"Customer: grace" in text
    with Redis.from_url(settings.redis_url) as redis:
        left = {key.rpartition(b":")[2] for key in redis.scan_iter(settings.keyspace("notify:*"))}
    assert left == {b"seen", b"told"}


def test_a_digest_that_is_refused_is_dead_letters(settings: Settings, tmp_path: Path) -> None:
    with (
        MailServer(refuses=b"550 no such user\r\n") as server,
        running_notifier(settings, {"mail": mailbox(server, digest="500ms")}, tmp_path / "log"),
    ):
        publish(settings, [alert_of(), alert_of("grace")])
        wait_until(lambda: len(dead_letters(settings, "mail")) == 2)
        assert waiting(settings, "mail") == 0


def test_a_server_that_refuses_makes_dead_letters(settings: Settings, tmp_path: Path) -> None:
    with (
        MailServer(refuses=b"550 no such user\r\n") as server,
        running_notifier(settings, {"mail": mailbox(server)}, tmp_path / "log"),
    ):
        publish(settings, [alert_of()])
        wait_until(lambda: dead_letters(settings, "mail"))
        assert dead_letters(settings, "mail")[0]["error"] == "SMTP 550: the server does not take the recipients"


def test_no_password_is_told_in_the_clear(settings: Settings, tmp_path: Path) -> None:
    with MailServer() as server:
        url = f"smtp://me@{HOST}:{server.port}"
        endpoints = {"mail": mailbox(server, url=url, secret="geheim")}
        own = settings.model_copy(update={"notify_for": settings.session_timeout})
        with running_notifier(own, endpoints, tmp_path / "log"):
            publish(settings, [alert_of()])
            wait_until(lambda: dead_letters(settings, "mail"))
        assert server.messages == []
        assert "geheim" not in (tmp_path / "log").read_text()
        assert "without TLS" in dead_letters(settings, "mail")[0]["error"]
