"""Looking a customer up takes a way of its own through the gateway, which nobody can tell by the answers."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from pydantic import SecretStr
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from schemas.settings import Settings
from streams.gateway.app import create_app
from streams.gateway.customers import LONGEST
from streams.gateway.direct import Direct
from streams.gateway.keys import WriteKeys
from streams.gateway.metrics import GatewayMetrics
from streams.producer import Producer
from streams.store.alerts import AlertStore
from streams.store.asking import ask
from streams.store.connecting import prompt_redis
from tests.integration.test_store import save, some
from tests.unit.making import alert

pytestmark = pytest.mark.integration

READER = {"Authorization": "Bearer a-reader"}
NAMES = (
    *("ada", "nobody", "anon:7%20of%209", "b%C3%B6b", "a/b", "ada/", "ada/export", "export", "/export", "ada%2Fexport"),
    *("", "ada%0A", "a%0Ab", "%00", "ada?a=b", "%ff", "x" * LONGEST, "x" * (LONGEST + 1), "%C3%B6" * LONGEST),
)
METHODS = ("GET", "HEAD", "OPTIONS", "PUT")
HEADERS: tuple[dict[str, str], ...] = (
    {},
    READER,
    {"Authorization": "bearer  a-reader "},
    {"Authorization": "Bearer another"},
    {"Authorization": "Bearer"},
    {"Authorization": "Basic YTpi"},
    READER | {"Origin": "https://shop.example"},
    READER | {"Origin": "https://evil.example"},
)


@asynccontextmanager
async def gateway(settings: Settings, direct: bool) -> AsyncIterator[tuple[httpx.AsyncClient, GatewayMetrics]]:
    """A gateway without a server, and its metrics; with its direct routes or without."""
    metrics = GatewayMetrics()
    app = create_app(settings, WriteKeys(settings), Producer(settings), metrics)
    if not direct:
        (way,) = [route for route in app.routes if isinstance(route, Direct)]
        app.routes.remove(way)
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://gateway") as client,
    ):
        yield client, metrics


async def told(settings: Settings, direct: bool, caplog: pytest.LogCaptureFixture) -> tuple[object, ...]:
    """All that a gateway answers, counts and logs when it is asked in many ways."""
    caplog.clear()
    answers = []
    async with gateway(settings, direct) as (client, metrics):
        asked = [(method, name, READER) for method in METHODS for name in NAMES]
        asked += [("GET", name, headers) for name in ("ada", "nobody", "x" * 301) for headers in HEADERS]
        for method, name, headers in asked:
            answer = await client.request(method, f"/v1/customers/{name}", headers=headers)
            answers.append((method, name, answer.status_code, sorted(answer.headers.multi_items()), answer.content))
    counted = {
        (sample.name, *sample.labels.items()): sample.value
        for metric in metrics.registry.collect()
        for sample in metric.samples
        if sample.name.endswith(("requests_total", "seconds_count"))
    }
    return answers, counted, [line.getMessage() for line in caplog.records if line.name.startswith("streams.gateway")]


async def test_the_direct_way_answers_counts_and_logs_as_the_documented_one(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    given = {"read_tokens": SecretStr("a-reader"), "allowed_origins": "https://shop.example"}
    own = settings.model_copy(update=given)
    async with Redis.from_url(own.redis_url) as redis:
        await save(redis, own, *map(some, ["ada", "anon:7 of 9", "böb", "a/b", "x" * LONGEST, "ö" * LONGEST, "a\nb"]))
        await AlertStore(redis, own).keep([alert(1), alert(2)])
    direct, documented = [await told(own, way, caplog) for way in (True, False)]
    assert direct == documented
    answers, _, logged = direct
    assert isinstance(answers, list)
    assert {each[2] for each in answers} == {200, 400, 401, 403, 404, 405}
    assert logged


@pytest.mark.parametrize("tokens", ["", "a-reader"])
async def test_without_tokens_or_redis_both_ways_refuse_alike(
    settings: Settings, caplog: pytest.LogCaptureFixture, tokens: str
) -> None:
    own = settings.model_copy(update={"read_tokens": SecretStr(tokens), "redis_url": "redis://127.0.0.1:1"})
    caplog.set_level(logging.INFO)
    direct, documented = [await told(own, way, caplog) for way in (True, False)]
    assert direct == documented
    answers, _, _ = direct
    assert isinstance(answers, list)
    assert answers[0][2] == (503 if tokens else 403)


async def test_what_redis_refuses_leaves_no_answer_for_whoever_asks_next(settings: Settings) -> None:
    key, other = settings.keyspace("text"), settings.keyspace("set")
    async with prompt_redis(settings) as redis:
        await redis.set(key, "a text")
        await redis.zadd(other, {"one": 1, "two": 2})
        assert await ask(redis, ("GET", key), ("ZRANGE", other, 0, -1)) == [b"a text", [b"one", b"two"]]
        with pytest.raises(ResponseError):
            # The second answer is still to come when the first is read.
            await ask(redis, ("ZRANGE", key, 0, -1), ("BLPOP", settings.keyspace("nothing"), "0.3"))
        assert await ask(redis, ("GET", key)) == [b"a text"]
