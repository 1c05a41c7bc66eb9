"""The roster in Redis: customers by several orders, as the last census found them.

`roster:rows` is a hash of what stands there of each customer, `roster:by:<order>` a sorted set of those who come first
in that order, and `roster` says when they were looked at and how many there are. They are made under other names and
put in place at once. An erased customer is taken off both at once, and is not put on again.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import cast, get_args

import msgspec
from redis.asyncio import Redis

from processors.roster import Wanted
from schemas.roster import Listed, Order, Roster, Row
from schemas.settings import Settings
from streams.store.erased import ERASED, digest_of
from streams.store.script import Script

ORDERS: Sequence[Order] = get_args(Order)
PLACE = r"^-?\d{1,16}(\.\d{1,16})?(e[+-]\d{1,3})?:"
"""How a place in an order begins, as `next` has it: what a customer there counts, and then the customer."""
_AT_ONCE = 200
"""Customers that are put on in one go; to Redis it is a millisecond."""
_LOOK = 500
_read_row = msgspec.msgpack.Decoder(Row).decode


class _About(msgspec.Struct):
    """What there is to say of a roster."""

    at: float
    customers: int
    complete: bool


_read_about = msgspec.json.Decoder(_About).decode


class RosterStore:
    """Makes, reads and forgets. Derived from profiles, so nothing is lost with it."""

    def __init__(self, redis: Redis, settings: Settings) -> None:
        self._redis = redis
        self._about, self._erased = settings.keyspace("roster"), settings.keyspace(ERASED)
        self._rows = settings.keyspace("roster:rows")
        self._by = {order: settings.keyspace(f"roster:by:{order}") for order in ORDERS}
        self._enlist, self._swap = Script(redis, "enlist"), Script(redis, "swap")

    @property
    def _keys(self) -> list[str]:
        return [self._rows, *self._by.values()]

    async def save(
        self, rows: Iterable[tuple[str, Row, dict[Order, float]]], at: float, customers: int, complete: bool
    ) -> None:
        """Replace the roster by these customers, each with what they count in the orders in which they come first."""
        made = [_made(key) for key in self._keys]
        await self._redis.delete(*made)
        waiting = iter(rows)
        while some := list(islice(waiting, _AT_ONCE)):
            arguments = list[str | bytes]()
            for customer, row, scores in some:
                arguments += (customer, digest_of(customer), msgspec.msgpack.encode(row))
                arguments += [repr(scores[order]) if order in scores else "" for order in ORDERS]
            await self._enlist([self._erased, *made], arguments)
        pairs = [key for pair in zip(made, self._keys, strict=True) for key in pair]
        await self._swap([*pairs, self._about], [msgspec.json.encode(_About(at, customers, complete))])

    async def page(self, order: Order, wanted: Wanted, after: str | None, limit: int) -> Roster | None:
        """So many of those that are wanted, the largest first, after `next` of another page; none before the first
        census."""
        held = cast(bytes | None, await self._redis.get(self._about))
        if held is None:
            return None
        about = _read_about(held)
        last = before = _place(after) if after else None
        found, place, more = list[Listed](), await self._rank(order, before), True
        while more:
            some = cast(
                list[tuple[bytes, float]],
                await self._redis.zrange(self._by[order], place, place + _LOOK - 1, desc=True, withscores=True),
            )
            more, place = len(some) == _LOOK, place + len(some)
            rows = await self._redis.hmget(self._rows, [name for name, _ in some]) if some else []
            for (name, at), row in zip(some, cast(list[bytes | None], rows), strict=True):
                if row is None or (before is not None and (at, name) >= before):
                    continue
                read = _read_row(row)
                if not wanted.has(read):
                    continue
                if len(found) == limit:
                    return _roster(about, found, last)
                found.append(_listed(name.decode(), read))
                last = at, name
        return _roster(about, found, None)

    async def of(self, customer: str) -> Row | None:
        """What stands there of a customer; none if they are not listed."""
        held = cast(bytes | None, await self._redis.hget(self._rows, customer))
        return None if held is None else _read_row(held)

    async def forget(self, customers: Collection[str]) -> None:
        """Take these customers off, also off one that is being made; who is known as erased is not put on again."""
        async with self._redis.pipeline(transaction=True) as pipe:
            for rows, *orders in (self._keys, [_made(key) for key in self._keys]):
                pipe.hdel(rows, *customers)
                for each in orders:
                    pipe.zrem(each, *customers)
            await pipe.execute()

    async def _rank(self, order: Order, after: tuple[float, bytes] | None) -> int:
        """How many to pass over to come behind a place: if the customer is still there up to them, else those who count
        more."""
        if after is None:
            return 0
        score, customer = after
        key = self._by[order]
        now = await self._redis.zscore(key, customer)
        rank = cast(int | None, await self._redis.zrevrank(key, customer))
        if rank is not None and now == score:
            return rank + 1
        return int(await self._redis.zcount(key, f"({score!r}", "+inf"))


def _made(key: str) -> str:
    return f"{key}:made"


def _place(after: str) -> tuple[float, bytes]:
    score, _, customer = after.partition(":")
    return float(score), customer.encode()


def _roster(about: _About, rows: list[Listed], last: tuple[float, bytes] | None) -> Roster:
    return Roster(
        at=datetime.fromtimestamp(about.at, UTC),
        customers=about.customers,
        complete=about.complete,
        rows=rows,
        next=f"{last[0]!r}:{last[1].decode()}" if last is not None else None,
    )


def _listed(customer: str, row: Row) -> Listed:
    told = msgspec.structs.asdict(row) | {"last_seen": datetime.fromtimestamp(row.last_seen, UTC)}
    return Listed(customer=customer, **told)
