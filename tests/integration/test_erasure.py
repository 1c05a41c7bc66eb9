"""Erased means erased: no key and no record written later says anything of the person, and a rebuild brings nobody
back."""

import asyncio
import contextlib
import json
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from kafka.consumer.fetcher import ConsumerRecord
from pydantic import SecretStr
from redis import Redis
from redis.asyncio import Redis as AsyncRedis

import streams.person
from schemas.settings import Settings
from streams.embedded.stack import free_port
from streams.topics import TOPICS
from tests.harness import WRITE_KEY, records_of, running_gateway, wait_until
from tests.integration.working import ebbflow, folded, producer_for, profiles_of, running_worker

pytestmark = pytest.mark.integration

ADMIN, READER = "an-admin-token", "a-reading-token"
WHO = (b"ada@example.com", b"ada-browser", b"Lovelace")


@pytest.fixture
def own(settings: Settings) -> Settings:
    return settings.model_copy(update={"admin_tokens": SecretStr(ADMIN), "read_tokens": SecretStr(READER)})


@pytest.fixture
def client(own: Settings) -> Iterator[httpx.Client]:
    with running_gateway(own) as url, httpx.Client(base_url=url, timeout=30) as client:
        yield client


def send(client: httpx.Client, type_: str = "track", **event: object) -> None:
    answer = client.post(f"/v1/{type_}", json={"event": "Product Viewed", **event}, auth=(WRITE_KEY, ""))
    assert (answer.status_code, answer.json()) == (200, {"success": True}), answer.text


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def written(settings: Settings) -> dict[tuple[str, int, int], ConsumerRecord]:
    """Every record of every topic, by its place."""
    records = [record for topic in TOPICS for record in records_of(settings, topic)]
    return {(record.topic, record.partition, record.offset): record for record in records}


def traces_in_redis(settings: Settings) -> list[bytes]:
    """Keys that name the person, or hold something that does."""
    found = []
    with Redis.from_url(settings.redis_url) as redis:
        for key in redis.scan_iter(f"{settings.keyspace('')}*"):
            kind = redis.type(key)
            held = {b"string": redis.get, b"hash": redis.hgetall, b"set": redis.smembers}.get(
                kind, lambda key: redis.zrange(key, 0, -1)
            )(key)
            if any(who in key or who in repr(held).encode() for who in WHO):
                found.append(key)
    return found


def test_a_person_is_erased_under_every_id_and_stays_so(own: Settings, client: httpx.Client, tmp_path: Path) -> None:
    with running_worker(own, tmp_path / "worker.log") as worker:
        send(client, anonymousId="ada-browser")
        send(client, "identify", userId="ada@example.com", anonymousId="ada-browser", traits={"lastName": "Lovelace"})
        send(client, userId="ada@example.com", event="Account Deleted")
        send(client, userId="bob")
        wait_until(lambda: profiles_of(own).get("anon:ada-browser") and folded(own) == 4)
        wait_until(lambda: profiles_of(own)["ada@example.com"].facts.touchpoints == 3)
        wait_until(lambda: len(records_of(own, "alerts")) == 1)

        assert client.delete("/v1/customers/anon:ada-browser").status_code == 401
        assert client.delete("/v1/customers/anon:ada-browser", auth=(WRITE_KEY, "")).status_code == 401
        assert client.delete("/v1/customers/anon:ada-browser", headers=bearer(READER)).status_code == 403
        mistaken = client.delete("/v1/customers/anon:ada-browser/export", headers=bearer(ADMIN))
        assert (mistaken.status_code, mistaken.json()["code"]) == (400, "invalid"), "nobody is called so"
        held = client.get("/v1/customers/anon:ada-browser/export", headers=bearer(ADMIN)).json()
        assert held["customer"] == "ada@example.com"
        assert set(held["keys"]) == {"ada@example.com", "anon:ada-browser"}
        assert held["profiles"][0]["facts"]["traits"] == {"lastName": "Lovelace"}

        before = set(written(own))
        answer = client.delete("/v1/customers/anon:ada-browser", headers=bearer(ADMIN))
        assert (answer.status_code, answer.json()) == (200, {"keys": 2, "profiles": 2})
        # Later, by every way in: the gateway, and a producer that knows nothing of it.
        send(client, userId="ada@example.com")
        send(client, anonymousId="ada-browser")
        send(client, userId="carl", anonymousId="ada-browser")
        straight = producer_for(own)
        straight.send(own.topic("touchpoints"), b'{"type":"track","event":"x","userId":"ada@example.com"}', b"k")
        straight.send(own.topic("touchpoints"), b'{"type":"track","event":"x","userId":"dora"}', b"k").get(30)
        straight.close()
        wait_until(lambda: {"bob", "carl", "dora"} <= set(profiles_of(own)))
        wait_until(lambda: not traces_in_redis(own))
        assert set(profiles_of(own)) == {"bob", "carl", "dora"}
        later = [record for place, record in written(own).items() if place not in before and record.key != b"k"]
        assert later
        assert not [who for who in WHO for record in later if who in (record.key or b"") + (record.value or b"")]

        again = client.get("/v1/customers/ada%40example.com/export", headers=bearer(ADMIN)).json()
        assert (again["profiles"], again["erased"]) == ([], ["ada@example.com"])
        assert client.get("/v1/customers/nobody/export", headers=bearer(ADMIN)).status_code == 404
        assert worker.stop() == 0

    with Redis.from_url(own.redis_url) as redis:
        # Redis loses all of it, who was erased among it.
        for key in redis.scan_iter(f"{own.keyspace('')}*"):
            redis.delete(key)
    said = ebbflow(own, "rebuild", "--yes")
    assert said.returncode == 0, said.stderr
    # What was not committed yet is left to the workers.
    with running_worker(own, tmp_path / "again.log"):
        wait_until(lambda: set(profiles_of(own)) == {"bob", "carl", "dora"})
    assert not traces_in_redis(own)


def test_a_key_that_joins_while_the_person_is_looked_for_is_erased_too(
    own: Settings, client: httpx.Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    find, joined = streams.person.find, list[bool]()

    def join() -> None:
        straight = producer_for(own)
        event = {"type": "track", "event": "x", "userId": "ada@example.com", "anonymousId": "ada-browser"}
        straight.send(own.topic("touchpoints"), json.dumps(event).encode(), b"ada@example.com").get(30)
        straight.close()
        wait_until(lambda: "anon:ada-browser" in profiles_of(own)["ada@example.com"].facts.aliases)

    async def find_slowly(redis: AsyncRedis, settings: Settings, customer: str) -> streams.person.Person:
        person = await find(redis, settings, customer)
        if not joined:
            joined.append(True)
            await asyncio.to_thread(join)
        return person

    with running_worker(own, tmp_path / "worker.log"):
        send(client, userId="ada@example.com")
        send(client, anonymousId="ada-browser")
        wait_until(lambda: folded(own) == 2)
        monkeypatch.setattr("streams.person.find", find_slowly)
        answer = client.delete("/v1/customers/ada%40example.com", headers=bearer(ADMIN))
        assert (answer.status_code, answer.json()) == (200, {"keys": 2, "profiles": 2})
        send(client, userId="bob")
        wait_until(lambda: set(profiles_of(own)) == {"bob"})
        assert not traces_in_redis(own)


@pytest.mark.parametrize("answers", [True, False])
def test_without_redis_a_gateway_starts_takes_in_and_says_so(
    own: Settings, answers: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """One that takes connections and never answers is away as much as one that takes none."""
    with contextlib.ExitStack() as stack:
        port = free_port()
        if answers:
            stack.enter_context(socket.create_server(("127.0.0.1", port)))
        away = own.model_copy(update={"redis_url": f"redis://127.0.0.1:{port}/0"})
        url = stack.enter_context(running_gateway(away))
        client = stack.enter_context(httpx.Client(base_url=url, timeout=30))
        send(client, userId="ada@example.com")
        for answer in (
            client.delete("/v1/customers/ada%40example.com", headers=bearer(ADMIN)),
            client.get("/v1/customers/ada%40example.com/export", headers=bearer(ADMIN)),
        ):
            assert (answer.status_code, answer.json()["code"]) == (503, "redis_unavailable")
    assert caplog.text.count("Redis does not say who was erased") == 1


def test_the_command_erases_too(own: Settings, tmp_path: Path) -> None:
    producer = producer_for(own)
    producer.send(
        own.topic("touchpoints"), json.dumps({"type": "track", "event": "x", "userId": "eve"}).encode(), b"eve"
    ).get(30)
    producer.close()
    with running_worker(own, tmp_path / "worker.log"):
        wait_until(lambda: folded(own) == 1)
        said = ebbflow(own, "erase", "eve", "--yes")
        assert said.returncode == 0, said.stderr
        assert "Erased" in said.stdout
    assert not profiles_of(own)
