"""The notifier as a process, with receivers that are well, slow, dead, busy or wrong."""

import asyncio
import os
import re
import signal
import time
from pathlib import Path

import httpx
import pytest
from redis import Redis

from schemas.alert import AlertKind
from schemas.settings import Settings
from streams.embedded.stack import free_port
from streams.notifier.forgetting import forget, queues_of
from streams.notifier.run import connected
from streams.store.erased import ErasedStore, digest_of
from tests.alerting import alert_of
from tests.harness import wait_until
from tests.integration.notifying import (
    SECRET,
    dead_letters,
    hook,
    in_order,
    notifier_command,
    publish,
    running_notifier,
    verified,
    waiting,
)
from tests.integration.receivers import Answer, Got, Receiver
from tests.integration.working import producer_for

pytestmark = pytest.mark.integration


def test_an_alert_is_delivered_once_signed_and_counted(settings: Settings, tmp_path: Path) -> None:
    alerts, log, port = [alert_of(), alert_of(state="closed")], tmp_path / "log", free_port()
    other = "whsec_" + "QUJD" * 8
    with Receiver() as crm:
        endpoints = {"crm": hook(crm.url, secret=f"{SECRET},{other}")}
        with running_notifier(settings, endpoints, log, EBBFLOW_NOTIFIER_METRICS_PORT=str(port)) as notifier:
            publish(settings, [*alerts, *alerts])
            wait_until(lambda: len(crm.got) >= 2)
            publish(settings, alerts)
            publish(settings, [alert_of("grace")])
            wait_until(lambda: len(crm.got) >= 3)
            assert [verified(got)["id"] for got in crm.got[:2]] == [alert.id for alert in alerts]
            assert verified(crm.got[0], other) == alerts[0].model_dump(mode="json", exclude_none=True)
            assert crm.got[0].path == "/hook"
            assert crm.got[0].headers["host"] == f"127.0.0.1:{crm.port}"
            delivered = 'ebbflow_notifier_deliveries_total{endpoint="crm",result="delivered"} 3.0'
            shown = f"http://127.0.0.1:{port}/metrics"
            wait_until(lambda: delivered in httpx.get(shown).text, within=10)
            metrics = httpx.get(shown).text
            assert 'ebbflow_notifier_dead{endpoint="crm"} 0.0' in metrics
            assert 'ebbflow_notifier_delivery_seconds_count{endpoint="crm"} 3.0' in metrics
            began = time.monotonic()
            assert notifier.stop(within=10) == 0
            assert time.monotonic() - began < 10
        listed = notifier_command(settings, endpoints, "list").stdout
        assert re.search(r"crm +. json +. +0 . +0 . 20\d\d-", listed)
    assert len(crm.got) == 3
    written = log.read_text()
    assert not re.search(r"Traceback|\bada\b|\bgrace\b|whsec|/hook", written), written


def test_what_redis_refuses_is_counted_and_tried_again(settings: Settings, tmp_path: Path) -> None:
    port, seen = free_port(), settings.keyspace("notify:crm:seen")

    def errors() -> float:
        page = httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).text
        return float(page.partition('ebbflow_notifier_errors_total{whose="redis"} ')[2].split("\n")[0])

    with Receiver() as crm, Redis.from_url(settings.redis_url) as redis:
        redis.set(seen, "what it should not be")
        with running_notifier(
            settings, {"crm": hook(crm.url)}, tmp_path / "log", EBBFLOW_NOTIFIER_METRICS_PORT=str(port)
        ):
            assert errors() == 0
            publish(settings, [alert_of()])
            wait_until(lambda: errors() > 1)
            assert crm.got == []
            redis.delete(seen)
            wait_until(lambda: crm.got)


def test_each_endpoint_gets_what_it_wants_and_in_its_shape(settings: Settings, tmp_path: Path) -> None:
    with Receiver() as slack, Receiver() as teams, Receiver() as pager:
        endpoints = {
            "slack": {"url": slack.url, "shape": "slack", "allow_private": True, "kinds": ["customer.left"]},
            "teams": {"url": teams.url, "shape": "teams", "allow_private": True, "states": ["closed"]},
            "pager": {
                **{"url": pager.url, "shape": "pagerduty", "secret": "0" * 32, "allow_private": True},
                "severities": ["critical"],
            },
        }
        alerts = [
            alert_of("ada"),
            alert_of("ada", state="closed"),
            alert_of("bob", severity="critical"),
            alert_of("bob", state="closed"),
            alert_of("cyd", kind=AlertKind.CUSTOMER_LEFT),
            alert_of("end", kind=AlertKind.CUSTOMER_LEFT, severity="critical", state="opened"),
        ]
        with running_notifier(settings, endpoints, tmp_path / "log"):
            publish(settings, alerts)
            wait_until(lambda: (len(slack.got), len(teams.got), len(pager.got)) == (2, 2, 3))
        assert {got.json["text"].split(":")[1].split()[0] for got in slack.got} == {"cyd", "end"}
        assert all("closed" in got.body.decode() for got in teams.got)
        acted = sorted((got.json["payload"]["summary"].split()[0], got.json["event_action"]) for got in pager.got)
        assert acted == [("bob", "resolve"), ("bob", "trigger"), ("end", "trigger")]


def test_a_dead_receiver_keeps_nobody_waiting_and_catches_up(settings: Settings, tmp_path: Path) -> None:
    alerts = [alert_of(f"c{number % 20}", episode=number // 20 + 1) for number in range(100)]
    with Receiver() as living:
        dead = Receiver()
        try:
            endpoints = {"living": hook(living.url), "dead": hook(dead.url)}
            with running_notifier(settings, endpoints, tmp_path / "log"):
                publish(settings, alerts)
                wait_until(lambda: len(living.got) >= 100)
                assert waiting(settings, "dead") == 100
                dead.start()
                wait_until(lambda: len(dead.got) >= 100)
                in_order(living.got, alerts)
                in_order(dead.got, alerts)
                assert len(living.got) == 100
        finally:
            dead.stop()


def test_a_slow_receiver_is_timed_out_and_tried_again(settings: Settings, tmp_path: Path) -> None:
    def slow_at_first(got: Got) -> Answer:
        if len(slow.got) == 1:
            time.sleep(8.0)
        return Answer()

    with (
        Receiver(slow_at_first) as slow,
        running_notifier(settings, {"slow": hook(slow.url, timeout="2s")}, tmp_path / "log"),
    ):
        publish(settings, [alert_of(), alert_of(episode=2)])
        wait_until(lambda: len(slow.got) >= 3)
        assert [got.json["episode"] for got in slow.got] == [1, 1, 2]
        assert slow.got[1].at - slow.got[0].at < 8, "it waited for the answer"


def test_a_receiver_that_asks_for_time_is_given_it(settings: Settings, tmp_path: Path) -> None:
    def busy_at_first(got: Got) -> Answer:
        return Answer(429, {"Retry-After": "3"}) if len(busy.got) == 1 else Answer()

    with (
        Receiver(busy_at_first) as busy,
        running_notifier(settings, {"busy": hook(busy.url, at_once=1)}, tmp_path / "log"),
    ):
        publish(settings, [alert_of("ada"), alert_of("grace")])
        wait_until(lambda: len(busy.got) >= 3)
        assert busy.got[1].at - busy.got[0].at > 2.9


def test_one_alert_that_a_receiver_cannot_digest_holds_up_nobody_else(settings: Settings, tmp_path: Path) -> None:
    def picky(got: Got) -> Answer:
        return Answer(500) if got.json["customer"] == "ada" else Answer()

    others = [alert_of(f"c{number}") for number in range(50)]
    with Receiver(picky) as crm, running_notifier(settings, {"crm": hook(crm.url)}, tmp_path / "log"):
        publish(settings, [alert_of("ada"), alert_of("ada", episode=2)])
        wait_until(lambda: len(crm.got) >= 1)
        publish(settings, others)
        wait_until(lambda: {got.json["customer"] for got in crm.got} >= {alert.customer for alert in others}, within=20)
        assert {got.json["episode"] for got in crm.got if got.json["customer"] == "ada"} == {1}
        assert waiting(settings, "crm") == 2


def test_what_is_refused_is_a_dead_letter_until_somebody_retries(settings: Settings, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with Receiver(lambda _: Answer(410, body=b"no such hook")) as crm:
        endpoints = {"crm": hook(crm.url), "other": hook(crm.url, states=["closed"])}
        with running_notifier(settings, endpoints, log):
            alerts = [alert_of(), alert_of(episode=2)]
            publish(settings, alerts)
            wait_until(lambda: len(dead_letters(settings, "crm")) == 2)
            assert [letter["id"] for letter in dead_letters(settings, "crm")] == [alerts[1].id, alerts[0].id]
            assert dead_letters(settings, "crm")[0]["error"] == "HTTP 410: no such hook"
            assert [got.json["episode"] for got in crm.got] == [1, 1, 1, 2, 2, 2]
            crm.answer = lambda _: Answer(204)
            unknown = notifier_command(settings, endpoints, "retry", "crn")
            assert unknown.returncode == 1
            assert "it is one of crm, other" in unknown.stderr
            done = notifier_command(settings, endpoints, "retry")
            assert (done.returncode, done.stdout.splitlines()) == (
                0,
                ["crm: 2 dead letters are in the queue again", "other: 0 dead letters are in the queue again"],
            )
            wait_until(lambda: len(crm.got) == 8)
            assert [got.json["episode"] for got in crm.got[6:]] == [1, 2]
            wait_until(lambda: waiting(settings, "crm") == 0)
            assert dead_letters(settings, "crm") == []
    written = log.read_text()
    assert "(HTTP 410)" in written
    assert "`ebbflow notifier retry crm`" in written
    assert "no such hook" not in written


@pytest.mark.thorough
def test_a_receiver_that_refuses_for_a_moment_after_it_was_dead_loses_nothing(
    settings: Settings, tmp_path: Path
) -> None:
    answers = [503, 503, 404]

    def coming_up(got: Got) -> Answer:
        return Answer(answers[len(crm.got) - 1] if len(crm.got) <= len(answers) else 200)

    with Receiver(coming_up) as crm, running_notifier(settings, {"crm": hook(crm.url)}, tmp_path / "log"):
        publish(settings, [alert_of()])
        wait_until(lambda: len(crm.got) == 4 and waiting(settings, "crm") == 0)
        assert dead_letters(settings, "crm") == []


def test_what_cannot_be_delivered_in_time_is_a_dead_letter(settings: Settings, tmp_path: Path) -> None:
    own = settings.model_copy(update={"notify_for": settings.session_timeout})
    with Receiver(lambda _: Answer(503)) as crm, running_notifier(own, {"crm": hook(crm.url)}, tmp_path / "log"):
        publish(settings, [alert_of()])
        wait_until(lambda: len(dead_letters(settings, "crm")) == 1)
        assert 2 <= len(crm.got) <= 5
        assert dead_letters(settings, "crm")[0]["error"] == "HTTP 503"


def test_what_was_published_long_ago_or_is_no_alert_is_passed_over(settings: Settings, tmp_path: Path) -> None:
    log, topic = tmp_path / "log", settings.topic("alerts")
    producer = producer_for(settings)
    producer.send(topic, key=b"ada", value=b"{}")
    old = round((time.time() - 4 * 86_400) * 1000)
    producer.send(topic, key=b"ada", value=alert_of().model_dump_json().encode(), timestamp_ms=old)
    producer.flush()
    producer.close()
    publish(settings, [alert_of(episode=2)])
    with Receiver() as crm, running_notifier(settings, {"crm": hook(crm.url)}, log):
        wait_until(lambda: crm.got)
        assert crm.got[0].json["episode"] == 2
    assert "is no alert" in log.read_text()


@pytest.mark.thorough
def test_killed_in_the_middle_it_loses_nothing_and_keeps_the_order(settings: Settings, tmp_path: Path) -> None:
    alerts = [alert_of(f"c{number % 30}", episode=number // 30 + 1) for number in range(300)]

    def takes_its_time(got: Got) -> Answer:
        time.sleep(0.02)
        return Answer()

    with Receiver(takes_its_time) as crm:
        # A claim of the one that is killed lasts for the time of a delivery and 15 seconds more.
        endpoints = {"crm": hook(crm.url, timeout="1s")}
        with running_notifier(settings, endpoints, tmp_path / "first") as notifier:
            publish(settings, alerts[:200])
            wait_until(lambda: len(crm.got) > 60, every=0.01)
            os.kill(notifier.pid, signal.SIGKILL)
            wait_until(lambda: notifier.status is not None)
        assert len(crm.got) < 200
        with running_notifier(settings, endpoints, tmp_path / "second"):
            publish(settings, alerts[200:])
            wait_until(lambda: len({got.json["id"] for got in crm.got}) == 300)
        in_order(crm.got, alerts)
        assert len(crm.got) <= 300 + 8


@pytest.mark.thorough
def test_ended_in_order_it_leaves_nothing_claimed(settings: Settings, tmp_path: Path) -> None:
    def hangs(got: Got) -> Answer:
        time.sleep(60)
        return Answer()

    with Receiver(hangs) as crm:
        endpoints = {"crm": hook(crm.url, timeout="1m")}
        with running_notifier(settings, endpoints, tmp_path / "first") as notifier:
            publish(settings, [alert_of()])
            wait_until(lambda: crm.got)
            began = time.monotonic()
            assert notifier.stop(within=10) == 0
            assert time.monotonic() - began < 10
        crm.answer = lambda _: Answer()
        with running_notifier(settings, endpoints, tmp_path / "second"):
            wait_until(lambda: len(crm.got) == 2, within=15)
            wait_until(lambda: waiting(settings, "crm") == 0)


def test_without_an_endpoint_it_says_what_to_write(settings: Settings) -> None:
    for words in ((), ("list",), ("retry",)):
        done = notifier_command(settings, {}, *words)
        assert done.returncode == 1
        assert "[endpoints.crm]" in done.stderr
        assert "Traceback" not in done.stderr


def test_of_who_is_erased_nothing_is_left(settings: Settings, tmp_path: Path) -> None:
    with Receiver(lambda _: Answer(400)) as refusing, Receiver(lambda _: Answer(503)) as busy:
        endpoints = {"refusing": hook(refusing.url), "busy": hook(busy.url)}
        with running_notifier(settings, endpoints, tmp_path / "log"):
            publish(settings, [alert_of("ada"), alert_of("grace"), alert_of("ada", episode=2)])
            wait_until(lambda: len(dead_letters(settings, "refusing")) == 3)

            async def erase() -> None:
                async with connected(settings) as redis:
                    await ErasedStore(redis, settings).restore([digest_of("ada")])
                    await forget(redis, await queues_of(redis, settings), ["ada", "anon:4f1c"])

            asyncio.run(erase())
            assert [letter["content"]["alert"]["customer"] for letter in dead_letters(settings, "refusing")] == [
                "grace"
            ]
            assert waiting(settings, "busy") == 1
            busy.answer = lambda _: Answer()
            # One that a worker was about to publish.
            publish(settings, [alert_of("ada", episode=3), alert_of("grace", episode=2)])
            wait_until(lambda: busy.got[-1].json["episode"] == 2 and waiting(settings, "busy") == 0)
            assert [got.json["customer"] for got in busy.got[-2:]] == ["grace", "grace"]
    with Redis.from_url(settings.redis_url) as redis:
        # What is dumped would be compressed otherwise, and a name not be seen.
        redis.config_set("rdbcompression", "no")
        for key in redis.scan_iter(settings.keyspace("notify:*")):
            assert b"ada" not in key
            assert b'"ada"' not in (redis.dump(key) or b"")
