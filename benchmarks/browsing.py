"""How long a page of the roster takes among so many customers, and how much room a customer takes on it.

    python -m benchmarks.browsing [CUSTOMERS] [--pages N] [--kafka BROKER]

A page that everybody may stand on, one of a segment that one in a hundred is in, one that nobody matches, and one that
goes on from the middle.
"""

import asyncio
import random
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator

from redis.asyncio import Redis
from rich.table import Table

from benchmarks.machine import calibrate
from benchmarks.results import Finding, report
from benchmarks.spread import Spread
from benchmarks.traffic import name_of
from benchmarks.world import add_option, world
from processors.roster import Wanted
from schemas.roster import Row
from schemas.settings import Settings
from streams.store.roster import RosterStore

_AT_ONCE = 500
_LIMIT = 50


def _row(number: int, chance: random.Random) -> Row:
    segments = ["active", "At risk"] + ["vip"] * (number % 100 == 0)
    risk, value = round(chance.random(), 4), round(chance.lognormvariate(4, 1), 2)
    paid, seen = round(chance.lognormvariate(6, 1), 2), round(time.time() - chance.uniform(0, 5e6), 3)
    return Row(
        "active", "active", segments, risk, round(risk * value, 2), value, round(chance.uniform(0, 9), 3), paid, "EUR",
        seen,
    )  # fmt: skip


def _lots(count: int, chance: random.Random) -> Iterator[list[tuple[str, Row]]]:
    for first in range(0, count, _AT_ONCE):
        yield [(name_of(number), _row(number, chance)) for number in range(first, min(count, first + _AT_ONCE))]


async def browse(settings: Settings, options: Namespace) -> None:
    """Measure and print the table."""
    calibration, findings = calibrate(), list[Finding]()
    table = Table("page", "ms: median", "99 of 100", "worst", "rows", title=f"{options.customers:,} customers")
    async with Redis.from_url(settings.redis_url) as redis:
        store, empty = RosterStore(redis, settings), (await redis.info("memory"))["used_memory"]
        for lot in _lots(options.customers, random.Random(1)):
            await store.put(lot)
        await store.tell(time.time())
        room = ((await redis.info("memory"))["used_memory"] - empty) / options.customers
        vip, nobody = Wanted(segments=["vip"]), Wanted(segments=["nobody's"])
        for name, wanted, after in (
            ("of all", Wanted(), None),
            ("of one in a hundred", vip, None),
            ("of nobody", nobody, None),
            ("of nobody, from the middle", nobody, "0.5:nobody"),
        ):
            taken, rows = list[float](), 0
            for _ in range(options.pages):
                begun = time.perf_counter()
                page = await store.page("churn_risk", wanted, after, _LIMIT)
                taken.append(1000 * (time.perf_counter() - begun))
                rows = len(page.rows) if page is not None else 0
            spread = Spread.of(taken)
            table.add_row(name, *(f"{each:.1f}" for each in spread), str(rows))
            findings += [Finding(name, metric, each, "ms") for metric, each in spread._asdict().items()]
    findings.append(Finding("a customer", "room", room, "bytes"))
    report(f"browsing, {options.customers}", table, findings, calibration, [f"{room:.0f} bytes a customer in Redis"])


if __name__ == "__main__":
    parser = ArgumentParser(prog="python -m benchmarks.browsing")
    parser.add_argument("customers", type=int, nargs="?", default=100_000)
    parser.add_argument("--pages", type=int, default=200, metavar="N")
    add_option(parser)
    given = parser.parse_args()
    with world(given.kafka) as settings:
        asyncio.run(browse(settings, given))
