"""The roster in Redis: customers by several orders, as the last census found them.

`roster:rows` is a hash of what stands there of each customer, `roster:by:<order>` a sorted set of all of them, and
`roster` says when a round was over. A round goes from customer to customer, and puts each where they belong by now. An
erased customer is taken off at once, and is not put on again.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from typing import cast, get_args

import msgspec
from redis.asyncio import Redis

from processors.roster import SCORES, Wanted
from schemas.roster import Listed, Order, Roster, Row
from schemas.settings import Settings
from streams.store.erased import ERASED, digest_of
from streams.store.script import Script

ORDERS: Sequence[Order] = get_args(Order)
PLACE = r"^-?\d{1,20}(\.\d{1,20})?(e[+-]\d{1,3})?:"
"""How a place in an order begins, as `next` has it: what a customer there counts, and then the customer."""
_AT_ONCE = 500
"""Customers that are looked at in one go; to Redis it is less than a millisecond."""
MOST = 5_000
"""Customers who are looked at for a page; who wants others goes on from there, and lets others have a turn."""
_Place = tuple[str, str]
_read_row = msgspec.msgpack.Decoder(Row).decode


class _About(msgspec.Struct):
    """What there is to say of a roster."""

    at: float


_read_about = msgspec.json.Decoder(_About).decode


class RosterStore:
    """Puts on, reads and forgets. Derived from profiles, so nothing is lost with it."""

    def __init__(self, redis: Redis, settings: Settings) -> None:
        self._redis = redis
        self._about, self._erased = settings.keyspace("roster"), settings.keyspace(ERASED)
        self._rows = settings.keyspace("roster:rows")
        self._by = {order: settings.keyspace(f"roster:by:{order}") for order in ORDERS}
        self._enlist, self._browse = Script(redis, "enlist"), Script(redis, "browse")

    async def put(self, rows: Iterable[tuple[str, Row | None]]) -> None:
        """Put some customers where they belong, in place of what stood there of them; who has no row is taken off."""
        arguments = list[str | bytes]()
        for customer, row in rows:
            arguments += (customer, digest_of(customer), b"" if row is None else msgspec.msgpack.encode(row))
            arguments += ["" if row is None else repr(SCORES[order](row)) for order in ORDERS]
        if arguments:
            await self._enlist([self._erased, self._rows, *self._by.values()], arguments)

    async def tell(self, at: float) -> None:
        """Say that all customers were looked at by `at` (epoch seconds)."""
        await self._redis.set(self._about, msgspec.json.encode(_About(at)))

    async def page(
        self, order: Order, wanted: Wanted, after: str | None, limit: int, most: int = MOST
    ) -> Roster | None:
        """So many of those that are wanted, the largest first, after `next` of another page; none before the first
        census. When so many as `most` were looked at it ends, with fewer or none, and `next` goes on from there."""
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.get(self._about)
            pipe.hlen(self._rows)
            held, customers = cast(tuple[bytes | None, int], await pipe.execute())
        if held is None:
            return None
        at, found, looked = datetime.fromtimestamp(_read_about(held).at, UTC), list[Listed](), 0
        place = _place(after) if after else ()
        while looked < most:
            # Where everybody is wanted, one more than the page has tells whether there is another.
            count = min(_AT_ONCE, most - looked) if any(wanted) else limit + 1 - len(found)
            names, rows = cast(
                tuple[list[bytes], list[bytes]], await self._browse([self._rows, self._by[order]], [count, *place])
            )
            last: tuple[bytes, Row] | None = None
            for name, stands in zip(names, rows, strict=True):
                row = _read_row(stands)
                if wanted.has(row):
                    if len(found) == limit:
                        place = _behind(order, *last) if last is not None else place
                        return Roster(at=at, customers=customers, rows=found, next=_next(place))
                    found.append(_listed(name.decode(), row))
                last = name, row
            if last is None or len(names) < count:
                return Roster(at=at, customers=customers, rows=found)
            place, looked = _behind(order, *last), looked + count
        return Roster(at=at, customers=customers, rows=found, next=_next(place))

    async def of(self, customer: str) -> Row | None:
        """What stands there of a customer; none if they are not listed."""
        held = cast(bytes | None, await self._redis.hget(self._rows, customer))
        return None if held is None else _read_row(held)

    async def forget(self, customers: Collection[str]) -> None:
        """Take these customers off; who is known as erased is not put on again."""
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.hdel(self._rows, *customers)
            for each in self._by.values():
                pipe.zrem(each, *customers)
            await pipe.execute()


def _place(after: str) -> _Place:
    score, _, customer = after.partition(":")
    return repr(float(score)), customer


def _behind(order: Order, customer: bytes, row: Row) -> _Place:
    return repr(SCORES[order](row)), customer.decode()


def _next(place: _Place | tuple[()]) -> str | None:
    return ":".join(place) or None


def _listed(customer: str, row: Row) -> Listed:
    told = msgspec.structs.asdict(row) | {"last_seen": datetime.fromtimestamp(row.last_seen, UTC)}
    return Listed(customer=customer, **told)
