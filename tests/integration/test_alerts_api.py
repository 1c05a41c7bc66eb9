"""Alerts over HTTP: looked up, handled by the team, and streamed without a gap."""

import asyncio
import contextlib
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Self
from urllib.parse import urlencode

import httpx
import pytest
from redis import Redis as SyncRedis
from redis.asyncio import Redis

from schemas.alert import Alert, AlertKind
from schemas.settings import Settings
from streams.store.alerts import MAX_OF_ONE, AlertStore
from streams.topics import ALERTS
from tests.harness import WRITE_KEY, running_gateway, wait_until
from tests.integration.working import ebbflow, folded, producer_for, profiles_of, running_worker
from tests.unit.making import alert

pytestmark = pytest.mark.integration

READER, MEMBER = "token-that-reads", "token-of-the-team"


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def own(settings: Settings) -> Settings:
    return Settings(**{**settings.model_dump(), "read_tokens": READER, "team_tokens": MEMBER})


@pytest.fixture
def client(own: Settings) -> Iterator[httpx.Client]:
    with running_gateway(own) as url, httpx.Client(base_url=url, timeout=20, headers=bearer(MEMBER)) as client:
        yield client


def keep(settings: Settings, *alerts: Alert) -> None:
    async def write() -> None:
        async with Redis.from_url(settings.redis_url) as redis:
            await AlertStore(redis, settings).keep(alerts)

    asyncio.run(write())


def test_the_newest_come_first_page_by_page_and_only_those_asked_for(own: Settings, client: httpx.Client) -> None:
    many = [
        alert(number, f"c{number % 3}", severity="critical" if number % 5 == 0 else "warning")
        for number in range(1, 31)
    ]
    keep(own, *many)
    keep(own, *many, alert(29, "c2", "closed"), alert(99, "never opened", "closed"))
    found, before = [], None
    while before is not None or not found:
        page = client.get("/v1/alerts", params={"limit": 7} | ({"before": before} if before else {})).json()
        found += page["alerts"]
        before = page["next"]
        if before is None:
            break
    assert [each["id"] for each in found] == [each.id for each in reversed(many)]
    assert [each["status"] for each in found] == ["open", "closed", *["open"] * 28]
    critical = client.get("/v1/alerts", params={"severity": "critical", "limit": 4}).json()
    assert [each["alert"]["episode"] for each in critical["alerts"]] == [30, 25, 20, 15]
    rest = client.get("/v1/alerts", params={"severity": "critical", "before": critical["next"]}).json()
    assert ([each["alert"]["episode"] for each in rest["alerts"]], rest["next"]) == ([10, 5], None)
    assert client.get("/v1/alerts", params={"kind": "customer.left"}).json() == {"alerts": [], "next": None}
    assert client.get("/v1/alerts", params={"status": "closed"}).json()["alerts"][0]["closed_at"] is not None
    assert client.get("/v1/alerts", params={"before": "1:2"}).status_code == 400


def test_those_of_a_segment_can_be_asked_for(own: Settings, client: httpx.Client) -> None:
    entered = alert(4, "eve", kind=AlertKind.SEGMENT_ENTERED, about="vip")
    keep(own, alert(1, "ada", segments=["new", "vip"]), alert(2, "bob", segments=["lost"]), alert(3, "carl"), entered)
    found = client.get("/v1/alerts", params={"segment": ["vip", "dormant"]}).json()["alerts"]
    assert [each["alert"]["customer"] for each in found] == ["eve", "ada"]
    with Listener(str(client.base_url).rstrip("/"), segment="lost") as listener:
        produce(own, *[alert(n, f"c{n}", segments=["lost"] if n % 2 else ["new"]) for n in range(5, 11)])
        wait_until(lambda: len(listener.told) == 3)
        assert {each.customer for each in listener.told} == {"c5", "c7", "c9"}


def test_what_another_release_wrote_is_passed_over(own: Settings, client: httpx.Client) -> None:
    keep(own, alert(1), alert(2))
    with SyncRedis.from_url(own.redis_url) as redis:
        redis.hset(own.keyspace(f"alert:{alert(2).id}"), "opened", '{"of": "another release"}')
    keep(own, alert(1, state="closed"), alert(2, state="closed"))
    found = client.get("/v1/alerts").json()["alerts"]
    assert [(each["id"], each["status"]) for each in found] == [(alert(1).id, "closed")]
    assert client.get(f"/v1/alerts/{alert(2).id}").status_code == 404


def test_only_the_team_says_what_becomes_of_an_alert(own: Settings, client: httpx.Client) -> None:
    keep(own, alert(1))
    path, act = f"/v1/alerts/{alert(1).id}", {"action": "acknowledge", "by": "Grace"}
    for headers, status in (({"Authorization": ""}, 401), (bearer(READER), 403), (bearer("wrong-token"), 401)):
        assert client.post(path, json=act, headers=headers).status_code == status
    assert client.get(path, headers=bearer(READER)).json()["status"] == "open"
    assert client.get(path, headers={"Authorization": ""}).status_code == 401
    assert client.post("/v1/alerts/" + "0" * 24, json=act).status_code == 404
    for wrong in (
        {"action": "snooze"},
        {"action": "rate"},
        {"action": "dance"},
        {"action": "resolve", "until": "2027-01-01"},
    ):
        assert client.post(path, json=wrong).status_code == 400


def test_what_the_team_does_stands_with_the_customer_and_is_no_sign_of_life(
    own: Settings, client: httpx.Client, tmp_path: Path
) -> None:
    keep(own, alert(1), alert(2), alert(3, "anon:visitor"))
    one, two, three = (f"/v1/alerts/{each.id}" for each in (alert(1), alert(2), alert(3, "anon:visitor")))
    with running_worker(own, tmp_path / "worker.log"):
        assert client.post(one, json={"action": "acknowledge", "by": "Grace"}).json()["status"] == "acknowledged"
        assert (
            client.post(one, json={"action": "resolve", "by": "Grace", "useful": True}).json()["status"] == "resolved"
        )
        later = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
        assert client.post(two, json={"action": "snooze", "until": later}).json()["status"] == "snoozed"
        past = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
        assert client.post(two, json={"action": "snooze", "until": past}).json()["status"] == "open"
        assert client.post(two, json={"action": "rate", "useful": False}).json()["status"] == "open"
        assert client.post(three, json={"action": "rate", "useful": True}).status_code == 200
        wait_until(lambda: folded(own) == 6)
    facts = profiles_of(own)["ada"].facts
    assert (facts.touchpoints, facts.meaningful, facts.kinds) == (5, 0, {})
    assert profiles_of(own)["anon:visitor"].facts.touchpoints == 1
    (told,) = client.get("/v1/alerts/usefulness").json()
    assert (told["kind"], told["rated"], told["useful"]) == ("churn.risk", 3, 2)
    assert told["low"] < told["share"] < told["high"]
    shown = client.get("/v1/customers/ada").json()
    assert [each["status"] for each in shown["alerts"]] == ["open", "resolved"]


def test_what_is_known_of_a_customer_is_found_by_any_of_their_ids(
    own: Settings, client: httpx.Client, tmp_path: Path
) -> None:
    who = {"userId": "ada@example.com", "anonymousId": "browser"}
    with running_worker(own, tmp_path / "worker.log"):
        for event in (
            {"event": "Product Viewed", "anonymousId": "browser"},
            {"event": "Order Completed", "properties": {"revenue": 12.5, "currency": "EUR"}, **who},
        ):
            assert client.post("/v1/track", json=event, auth=(WRITE_KEY, "")).status_code == 200
        wait_until(lambda: profiles_of(own).get("ada@example.com"))
        wait_until(lambda: profiles_of(own)["ada@example.com"].facts.touchpoints == 2)
    for key in ("ada%40example.com", "anon:browser"):
        seen = client.get(f"/v1/customers/{key}").json()
        assert (seen["customer"], set(seen["keys"])) == ("ada@example.com", {"ada@example.com", "anon:browser"})
        assert [step["name"] for step in seen["journey"]] == ["Order Completed", "Product Viewed"]
        assert (seen["status"], seen["spent"][0]["revenue"], seen["alerts"]) == ("active", 12.5, [])
    assert client.get("/v1/customers/nobody").status_code == 404
    assert client.get("/v1/customers/ada%40example.com", headers={"Authorization": ""}).status_code == 401
    assert client.get("/v1/customers/ada%40example.com", auth=(WRITE_KEY, "")).status_code == 401
    assert client.get("/v1/models").json() == {"current": 0, "cards": []}


def test_the_command_says_what_becomes_of_an_alert(own: Settings, client: httpx.Client) -> None:
    keep(own, alert(1))
    done = ebbflow(own, "handle", alert(1).id, "snooze", "--for", "2h", "--by", "Grace", "--useful")
    assert (done.returncode, done.stdout.split(":")[0]) == (0, "snoozed"), done.stderr
    seen = client.get(f"/v1/alerts/{alert(1).id}").json()
    assert (seen["status"], seen["handling"]["by"], seen["handling"]["useful"]) == ("snoozed", "Grace", True)
    for wrong, words in (
        (["dance"], "acknowledge"),
        (["snooze"], "--for"),
        (["snooze", "--for", "soon"], "--for"),
        (["rate"], "--useful"),
    ):
        refused = ebbflow(own, "handle", alert(1).id, *wrong)
        assert (refused.returncode, words in refused.stderr) == (2, True), refused.stderr
    assert ebbflow(own, "handle", "0" * 24, "resolve").returncode == 1


def test_of_one_customer_no_more_are_kept_than_have_room(own: Settings, client: httpx.Client) -> None:
    keep(own, *[alert(number) for number in range(1, MAX_OF_ONE + 6)])

    async def found() -> list[int]:
        async with Redis.from_url(own.redis_url) as redis:
            return [each.alert.episode for _, each in await AlertStore(redis, own).of(["ada"])]

    assert asyncio.run(found()) == list(range(MAX_OF_ONE + 5, 5, -1))
    assert len(client.get("/v1/alerts", params={"limit": 200}).json()["alerts"]) == MAX_OF_ONE
    assert client.get(f"/v1/alerts/{alert(5).id}").status_code == 404


class Listener:
    """A client of the stream that can be cut off; remembers what it was told, and the last id."""

    def __init__(self, url: str, last: str = "", **wanted: str) -> None:
        self.told, self.last = list[Alert](), last
        self._connection = HTTPConnection(url.removeprefix("http://"), timeout=30)
        headers = bearer(READER) | ({"Last-Event-ID": last} if last else {})
        self._connection.request("GET", f"/v1/alerts/stream?{urlencode(wanted)}", headers=headers)
        self._answer = self._connection.getresponse()
        self.status = self._answer.status
        self._socket = self._connection.sock
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()

    def cut(self) -> None:
        """Be gone at once."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(15)
        self._connection.close()

    def ended(self) -> bool:
        """Whether the server has closed the stream."""
        return not self._thread.is_alive()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.cut()

    def _listen(self) -> None:
        place = data = ""
        with contextlib.suppress(OSError, HTTPException):
            while line := self._answer.readline().decode():
                name, _, value = line.rstrip("\n").partition(": ")
                if name == "id":
                    place = value
                elif name == "data":
                    data = value
                elif not name:
                    # An event counts when its last line is there.
                    self.last = place
                    if data:
                        self.told.append(Alert.model_validate_json(data))
                    data = ""


def produce(settings: Settings, *alerts: Alert) -> None:
    producer = producer_for(settings)
    for each in alerts:
        producer.send(settings.topic(ALERTS), key=each.customer.encode(), value=each.model_dump_json().encode())
    producer.close()


def test_a_client_that_is_cut_off_and_comes_back_misses_nothing_and_hears_nothing_twice(own: Settings) -> None:
    many = [alert(number, f"c{number % 7}") for number in range(1, 401)]
    told = list[Alert]()
    with running_gateway(own) as url:
        produce(own, alert(1000, "from before"))
        with Listener(url) as first:
            assert first.status == 200
            wait_until(lambda: first.last)
            producer = producer_for(own)
            producer.send(own.topic(ALERTS), key=b"c1", value=b'{"of": "another release"}')
            producer.close()
            writer = threading.Thread(target=lambda: [produce(own, *many[at : at + 20]) for at in range(0, 400, 20)])
            writer.start()
            wait_until(lambda: len(first.told) > 30)
        told, last = first.told, first.last
        with Listener(url, last) as second:
            wait_until(lambda: len(told) + len(second.told) > 250)
        told, last = [*told, *second.told], second.last
        writer.join()
    # Another gateway knows the place, too.
    with running_gateway(own) as url, Listener(url, last) as third:
        wait_until(lambda: len(told) + len(third.told) >= 400)
        told += third.told
    assert Counter(each.id for each in told) == Counter(each.id for each in many)
    for customer in range(7):
        heard = [each.episode for each in told if each.customer == f"c{customer}"]
        assert heard == sorted(heard)


def test_a_stream_has_what_was_asked_for_and_ends_with_the_gateway(own: Settings) -> None:
    with running_gateway(own) as url:
        assert httpx.get(f"{url}/v1/alerts/stream").status_code == 401
        for wrong in ("last", "0:1;DROP", "0:1,"):
            assert (
                httpx.get(f"{url}/v1/alerts/stream", headers=bearer(READER) | {"Last-Event-ID": wrong}).status_code
                == 400
            )
        listener = Listener(url, severity="critical", state="opened")
        wait_until(lambda: listener.last)
        place = listener.last
        produce(own, alert(1), alert(2, severity="critical"), alert(2, state="closed", severity="info"))
        wait_until(lambda: listener.told)
    # It does not hold up the end, nor does the client wait for ever.
    wait_until(listener.ended)
    listener.cut()
    assert [each.episode for each in listener.told] == [2]
    assert listener.last != place
