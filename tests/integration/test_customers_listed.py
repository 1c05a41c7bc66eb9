"""The roster in Redis and over HTTP: every customer once, in order, page by page, and nobody who was erased."""

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from msgspec.structs import replace
from pydantic import SecretStr
from redis.asyncio import Redis

from processors.roster import SCORES, Wanted
from schemas.roster import Order, Row
from schemas.settings import Settings
from streams.store.erased import ErasedStore, digest_of
from streams.store.roster import MOST, ORDERS, RosterStore
from tests.harness import running_gateway, wait_until
from tests.integration.test_worker import publish, track
from tests.integration.working import folded, producer_for, running_worker
from tests.unit.making import day

pytestmark = pytest.mark.integration

READER = {"Authorization": "Bearer a-reader"}
AT = day(60)


@pytest_asyncio.fixture
async def redis(settings: Settings) -> AsyncIterator[Redis]:
    client = Redis.from_url(settings.redis_url)
    yield client
    await client.aclose()


def rows(count: int) -> Iterator[tuple[str, Row]]:
    for number in range(count):
        # Many are alike, and some have odd names.
        risk, segments = (None, ["lost"]) if number % 7 == 0 else (round(number % 10 / 10, 1), ["active", "vip"])
        row = Row(
            "lost" if risk is None else "active", "lost" if risk is None else "active", segments, risk, None,
            float(number % 50), 1.5, 0.0, "EUR", day(number / 100),
        )  # fmt: skip
        yield f"anon:c:{number}é", row


async def put(store: RosterStore, rows: Iterable[tuple[str, Row | None]]) -> None:
    await store.put(rows)
    await store.tell(AT)


async def pages(store: RosterStore, order: Order, wanted: Wanted, limit: int, most: int = MOST) -> list[list[str]]:
    found, after = list[list[str]](), None
    while True:
        page = await store.page(order, wanted, after, limit, most)
        assert page is not None
        assert len(page.rows) <= limit
        found.append([each.customer for each in page.rows])
        if page.next is None:
            return found
        assert page.next != after
        after = page.next


async def listed(store: RosterStore, order: Order, wanted: Wanted, limit: int, most: int = MOST) -> list[str]:
    return [name for page in await pages(store, order, wanted, limit, most) for name in page]


@pytest.mark.parametrize("order", ORDERS)
async def test_pages_have_everybody_once_and_in_order(redis: Redis, settings: Settings, order: Order) -> None:
    store = RosterStore(redis, settings)
    await store.put(rows(1300))
    assert await store.page(order, Wanted(), None, 5) is None
    await store.tell(AT)
    known = dict(rows(1300))
    found = await listed(store, order, Wanted(), 97)
    assert found == sorted(known, key=lambda name: (SCORES[order](known[name]), name.encode()), reverse=True)
    some = await listed(store, order, Wanted(segments=["lost"], status=["lost"]), 10)
    assert some == [name for name in found if known[name].status == "lost"]
    assert await pages(store, order, Wanted(segments=["nobody's"]), 10) == [[]]


@pytest.mark.parametrize("most", [1, 7, 100, 650, 1300, 1301])
async def test_a_page_that_looked_at_enough_goes_on_with_the_next(redis: Redis, settings: Settings, most: int) -> None:
    store, known = RosterStore(redis, settings), dict(rows(1300))
    await put(store, known.items())
    found = await listed(store, "value", Wanted(), 200)
    for wanted, limit in ((Wanted(status=["lost"]), 10), (Wanted(segments=["vip"]), 200), (Wanted(segments=["x"]), 5)):
        expected = [name for name in found if wanted.has(known[name])]
        some = await pages(store, "value", wanted, limit, most)
        assert [name for page in some for name in page] == expected
        # A page looks at no more than it may, and one that is full or at the end is the only one that looks at less.
        assert len(some) <= 1300 // most + len(expected) // limit + 2
    assert await pages(store, "value", Wanted(segments=["x"]), 5, most) == [[]] * (1300 // most + 1)


async def test_a_page_goes_on_although_some_have_moved(redis: Redis, settings: Settings) -> None:
    store, known = RosterStore(redis, settings), dict(rows(100))
    await put(store, known.items())
    first = await store.page("value", Wanted(), None, 10)
    assert first is not None
    # The one that the page ended with is gone, among others who count the same; another one is worth nothing by now.
    gone, poorer = first.rows[-1].customer, first.rows[-2].customer
    await store.put([(gone, None), (poorer, replace(known[poorer], value=-0.5))])
    second = await store.page("value", Wanted(), first.next, 200)
    assert second is not None
    assert (second.customers, second.at.timestamp(), second.next) == (99, AT, None)
    values = [each.value for each in second.rows]
    assert values == sorted(values, reverse=True, key=lambda value: value or 0.0)
    both = [each.customer for each in (*first.rows, *second.rows)]
    assert sorted(both) == sorted([*known, poorer])
    assert both[-1] == poorer


async def test_a_place_lies_between_those_who_count_the_same(redis: Redis, settings: Settings) -> None:
    store, (_, row) = RosterStore(redis, settings), next(rows(1))
    names = ["a", "a:", "aé", "b", "ä", "中"]
    await put(store, [(name, row) for name in names])
    expected = sorted(names, key=str.encode, reverse=True)
    for name in ["", "Z", "aa", "a\u0000", *names, "é", "zz"]:
        page = await store.page("value", Wanted(), f"{row.value}:{name}", 10)
        assert page is not None
        assert [each.customer for each in page.rows] == [each for each in expected if each.encode() < name.encode()]


async def test_who_was_erased_is_off_at_once_and_is_not_put_on_again(redis: Redis, settings: Settings) -> None:
    store, erased, name = RosterStore(redis, settings), ErasedStore(redis, settings), next(rows(1))[0]
    await put(store, rows(50))
    assert name in await listed(store, "value", Wanted(), 100)
    await erased.restore([digest_of(name)])
    await store.forget([name])
    assert await store.of(name) is None
    await store.put(rows(450))
    for order in ORDERS:
        found = await listed(store, order, Wanted(), 100)
        assert (len(found), name in found) == (449, False)
    keys = [key async for key in redis.scan_iter(f"{settings.keyspace('roster')}*")]
    assert len(keys) == 2 + len(ORDERS)


async def test_an_empty_roster_is_one(redis: Redis, settings: Settings) -> None:
    store = RosterStore(redis, settings)
    await put(store, rows(5))
    await put(store, ((name, None) for name, _ in rows(5)))
    page = await store.page("value", Wanted(), None, 10)
    assert page is not None
    assert (page.rows, page.next, page.customers) == ([], None, 0)


def test_customers_are_listed_over_http(settings: Settings, tmp_path: Path) -> None:
    own = settings.model_copy(update={"read_tokens": SecretStr("a-reader"), "model_key": SecretStr("for this test")})
    own = own.model_copy(update={"policy": own.policy.model_copy(update={"segments": {"rich": "revenue > 25"}})})
    with running_gateway(own) as url, httpx.Client(base_url=url, trust_env=False, timeout=20) as client:

        def ask(**params: Any) -> httpx.Response:
            return client.get("/v1/customers", headers=READER, params=params)

        assert client.get("/v1/customers").status_code == 401
        assert ask().json()["code"] == "not_counted"
        touches = [track(f"customer {n}", n, revenue=float(n), currency="EUR") for n in range(30)]
        publish(producer_for(own), own, *touches)
        with running_worker(own, tmp_path / "worker.log"):
            wait_until(lambda: folded(own) == 30)
            wait_until(lambda: ask().status_code == 200 and ask().json()["customers"] == 30)
        found, after = list[Mapping[str, Any]](), None
        while after is not None or not found:
            page = ask(order="value", limit=7, **({"after": after} if after else {})).json()
            found += page["rows"]
            after = page["next"]
            if after is None:
                break
        assert {each["customer"] for each in found} == {f"customer {n}" for n in range(30)}
        assert len(found) == 30
        rich = ask(segment="rich", order="last_seen").json()["rows"]
        assert {each["customer"] for each in rich} == {f"customer {n}" for n in (26, 27, 28, 29)}
        assert {each["lifecycle"] for each in rich} == {"new"}
        assert ask(lifecycle="dormant").json()["rows"] == []
        assert len(ask(lifecycle="new", status="active").json()["rows"]) == 30
        assert ask(segment=["nobody's", "rich"], limit=2).json()["next"]
        for wrong in ({"order": "luck"}, {"lifecycle": "loyal"}, {"limit": 0}, {"after": "somewhere"}):
            assert ask(**wrong).status_code == 400
        seen = client.get("/v1/customers/customer%2029", headers=READER).json()["segments"]
        assert [(each["name"], each["by"], each["before"]) for each in seen] == [
            ("new", "lifecycle", "newcomers"), ("rich", "own", None),
        ]  # fmt: skip
