"""A running console, and something for it to show."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import httpx
import msgspec
from redis import Redis
from redis.asyncio import Redis as AsyncRedis

from processors.decay import DAY
from processors.fold import fold
from processors.learning.card import Card
from processors.learning.habit import Habit
from processors.learning.honesty import BASE_RATE, CHAMPION, MINUS_FREQUENCY, RECENCY
from processors.learning.measures import Bin, Measures
from processors.population import LEARNED, Population
from schemas.alert import Alert
from schemas.facts import Facts
from schemas.kinds import Kind
from schemas.population import Churn, PainPoint, Section
from schemas.profile import Profile
from schemas.roster import Row
from schemas.segments import Move, Segments, SegmentSize
from schemas.settings import Settings
from schemas.touch import Touch
from streams.embedded.stack import free_port
from streams.store.alerts import AlertStore
from streams.store.roster import RosterStore
from tests.integration.working import environment_of
from tests.nursery import Forked

MEMBER = "token-of-the-team"
HOSTILE = "</script><img src=x onerror=\"document.title='owned'\">`${document.title='owned'}{{7*7}}"
"""What somebody may call themselves."""


_AFTER: dict[Kind, tuple[Sequence[Kind | None], Sequence[int]]] = {
    Kind.DISCOVER: ((Kind.DISCOVER, Kind.CONSIDER, Kind.CAMPAIGN, None), (30, 50, 10, 10)),
    Kind.CONSIDER: ((Kind.CONSIDER, Kind.DISCOVER, Kind.PURCHASE, Kind.FRICTION, None), (40, 15, 30, 5, 10)),
    Kind.PURCHASE: ((Kind.ENGAGE, Kind.DISCOVER, Kind.SERVICE, Kind.FEEDBACK, None), (40, 25, 15, 10, 10)),
    Kind.ENGAGE: ((Kind.ENGAGE, Kind.DISCOVER, Kind.SERVICE, Kind.SOCIAL, None), (35, 35, 10, 5, 15)),
    Kind.SERVICE: ((Kind.SERVICE, Kind.ENGAGE, Kind.FEEDBACK, Kind.LEAVE, None), (20, 35, 15, 10, 20)),
    Kind.FEEDBACK: ((Kind.DISCOVER, Kind.ENGAGE, None), (40, 40, 20)),
    Kind.SOCIAL: ((Kind.DISCOVER, Kind.ENGAGE, None), (40, 40, 20)),
    Kind.CAMPAIGN: ((Kind.DISCOVER, Kind.CAMPAIGN, None), (60, 20, 20)),
    Kind.FRICTION: ((Kind.SERVICE, Kind.CONSIDER, Kind.LEAVE, None), (40, 20, 15, 25)),
    Kind.LEAVE: ((None,), (1,)),
}
"""What a customer may do next, and how likely that is; none is to fall silent."""


def console_settings(settings: Settings, **more: object) -> Settings:
    """The same world, with a console in it that the team enters."""
    own = {"team_tokens": f"grace={MEMBER}", "console_port": free_port(), **more}
    return Settings(**{**settings.model_dump(), **own})


@contextmanager
def running_console(settings: Settings, log: Path) -> Iterator[str]:
    """`ebbflow console` with these settings; gives its URL, and fails if it ends with more than a word."""
    url = f"http://127.0.0.1:{settings.console_port}"
    with Forked("the console", "streams.cli", ["console"], log, environment_of(settings)) as console:
        console.wait_until(lambda: answers(url), within=30)
        yield url
        console.check()
        assert console.stop() == 0
    assert "Traceback" not in log.read_text(), log.read_text()
    assert MEMBER not in log.read_text()


def answers(url: str) -> bool:
    """Whether it is up."""
    try:
        # Asked often, and each time it would load the certificates of the world.
        return httpx.get(f"{url}/healthz", timeout=2, verify=False).status_code == 200
    except httpx.TransportError:
        return False


def keep(settings: Settings, *alerts: Alert) -> None:
    """Keep alerts as the gateway does that hears of them."""

    async def write() -> None:
        async with AsyncRedis.from_url(settings.redis_url) as redis:
            await AlertStore(redis, settings).keep(alerts)

    # In a thread of its own: that which drives a browser has a loop that runs.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, write()).result()


def publish_section(settings: Settings, name: str, section: Section) -> None:
    """What all customers come to, as the census would publish it, or the learner; and so that day ended."""
    key, document = "population:learned" if name in LEARNED else "population", section.model_dump_json()
    with Redis.from_url(settings.redis_url) as redis:
        redis.hset(settings.keyspace(key), name, document)
        redis.hset(settings.keyspace("population:days"), f"{name}:{section.at.date()}", document)


def keep_journeys(settings: Settings, *pains: PainPoint) -> None:
    """Journeys of customers who come, look, buy and fall silent by chance, counted as the census does."""
    chance, now, population = Random(5), time.time(), Population(settings.policy)
    for number in range(300):
        kind, at, touches = chance.choice((Kind.DISCOVER, Kind.DISCOVER, Kind.CAMPAIGN)), now - 200 * DAY, list[Touch]()
        at += chance.random() * 150 * DAY
        while kind is not None and at < now:
            touches.append(Touch(f"customer {number}", at, f"{kind} happened", kind))
            at += chance.expovariate(1 / (2 * DAY))
            after, weights = _AFTER[kind]
            (kind,) = chance.choices(after, weights)
        facts = fold(Facts(), touches, settings.policy)
        population.add(Profile(f"customer {number}", facts), now)
    publish_section(settings, "journeys", population.told(now)["journeys"])
    at = datetime.fromtimestamp(now, UTC)
    churn = Churn(at=at, customers=300, weeks=[], culprits=[], pain_points=list(pains))
    publish_section(settings, "churn", churn)


def town(at: datetime) -> Segments:
    """Sizes and moves, as the census would tell them."""
    sizes = [
        SegmentSize(
            name=name, by=by, customers=customers, risk=risk, expected={"EUR": 12.5 * customers},
            revenue={"EUR": 80.0 * customers}, entered=customers // 4, departed=customers // 5,
        )
        for by, name, customers, risk in (
            ("lifecycle", "new", 40, 0.3), ("lifecycle", "active", 120, 0.2), ("lifecycle", "dormant", 32, 0.71),
            ("lifecycle", "lost", 8, None), ("rfm", "Champions", 50, 0.1), ("rfm", "At risk", 30, 0.6),
            ("own", "vip", 12, 0.25),
        )
    ]  # fmt: skip
    moves = [
        Move(by="lifecycle", source=source, target=target, customers=customers)
        for source, target, customers in (
            ("newcomers", "new", 38), ("new", "active", 20), ("active", "dormant", 14), ("dormant", "active", 9),
        )
    ]  # fmt: skip
    return Segments(at=at, customers=200, segments=sizes, moves=moves)


def publish_roster(settings: Settings, at: datetime, customers: Sequence[str]) -> None:
    """A roster of these customers, the first the likeliest to leave, as the census would make it."""

    def rows() -> Iterator[tuple[str, Row]]:
        for place, customer in enumerate(customers):
            risk = round(0.9 - place / len(customers), 4)
            row = Row(
                "active", "active", ["active", "At risk"] + ["vip"] * (place % 3 == 0), risk, round(120 * risk, 2),
                120.0, 2.5, 480.0, "EUR", at.timestamp() - 3600 * place,
            )  # fmt: skip
            yield customer, row

    async def write() -> None:
        async with AsyncRedis.from_url(settings.redis_url) as redis:
            roster = RosterStore(redis, settings)
            await roster.put(rows())
            await roster.tell(at.timestamp())

    # In a thread of its own: that which drives a browser has a loop that runs.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, write()).result()


def publish_card(settings: Settings) -> None:
    """A model that is better than the rules, as the learner would publish it."""
    measures = {
        CHAMPION: Measures(2000, 0.871, 0.402, 0.121, 0.018, 0.94),
        "bayes": Measures(2000, 0.868, 0.405, 0.122, 0.02, 0.93),
        RECENCY: Measures(2000, 0.811, None, None, None, 0.81),
        MINUS_FREQUENCY: Measures(2000, 0.702, None, None, None, 0.7),
        BASE_RATE: Measures(2000, 0.5, 0.655, 0.231, 0.006, 0.36),
    }
    bins = [Bin(400 - 30 * place, (place + 0.5) / 10, (place + 0.4) / 10) for place in range(10)]
    until = datetime(2026, 3, 1, tzinfo=UTC)
    card = Card(7, 5400, 1960, 0.36, until, "bayes", Habit(), 2, measures, measures, bins, 0.91)
    held = {"version": 7, "card": msgspec.json.encode(card)}
    with Redis.from_url(settings.redis_url) as redis:
        redis.hset(settings.keyspace("model"), mapping=held)
