"""The ledger: only what is safe may be committed, and a revoked batch does nothing any more."""

import asyncio
from types import SimpleNamespace

from faust.types import TP

from streams.transport.batch import Batch
from streams.transport.ledger import MOST_WAITING, Ledger

ONE, TWO = TP("touchpoints", 1), TP("touchpoints", 2)


def deliver(ledger: Ledger, tp: TP, first: int, last: int) -> Batch:
    return ledger.deliver(tp, [SimpleNamespace(offset=offset) for offset in range(first, last + 1)])  # type: ignore[misc]


def finish(batch: Batch) -> None:
    assert batch.begin()
    batch.done()


def test_commits_up_to_the_first_batch_that_is_not_done() -> None:
    ledger = Ledger()
    batches = [deliver(ledger, ONE, 10 * n, 10 * n + 9) for n in range(4)]
    finish(batches[1])
    assert ledger.committable() == {}
    finish(batches[0])
    assert ledger.committable() == {ONE: 20}
    finish(batches[3])
    assert ledger.committable() == {ONE: 20}
    ledger.committed({ONE: 20})
    assert ledger.committable() == {}
    finish(batches[2])
    assert ledger.committable() == {ONE: 40}
    assert ledger.committable([TWO]) == {}


def test_offsets_that_were_not_committed_stay_committable() -> None:
    ledger = Ledger()
    finish(deliver(ledger, ONE, 0, 9))
    assert ledger.committable() == ledger.committable() == {ONE: 10}


def test_a_waiting_batch_is_dropped_when_its_partition_is_revoked() -> None:
    ledger = Ledger()
    begun, waiting, other = deliver(ledger, ONE, 0, 9), deliver(ledger, ONE, 10, 19), deliver(ledger, TWO, 0, 9)
    assert begun.begin()
    ledger.drop_waiting([ONE])
    assert not waiting.begin()
    assert other.begin()
    begun.done()
    assert ledger.committable() == {ONE: 10}


def test_a_late_done_of_a_revoked_batch_commits_nothing() -> None:
    ledger = Ledger()
    old = deliver(ledger, ONE, 0, 9)
    assert old.begin()
    ledger.forget([ONE])
    again = deliver(ledger, ONE, 0, 9)
    old.done()
    assert ledger.committable() == {}
    finish(again)
    assert ledger.committable() == {ONE: 10}


def test_one_batch_of_a_partition_waits_and_few_of_a_topic() -> None:
    ledger = Ledger()
    batch = deliver(ledger, ONE, 0, 9)
    assert not ledger.has_room(ONE)
    assert ledger.has_room(TWO)
    batch.begin()
    assert ledger.has_room(ONE)
    for number in range(MOST_WAITING):
        deliver(ledger, TP("touchpoints", 10 + number), 0, 9)
    assert not ledger.has_room(ONE)
    assert ledger.has_room(TP("outcomes", 0))


async def test_settling_waits_for_what_was_begun() -> None:
    ledger = Ledger()
    batch, _ = deliver(ledger, ONE, 0, 9), deliver(ledger, ONE, 10, 19)
    batch.begin()
    assert not await ledger.settled([ONE], timeout=0.01)
    settling = asyncio.create_task(ledger.settled([ONE], timeout=10))
    await asyncio.sleep(0)
    batch.done()
    assert await settling
    assert not ledger.idle(ONE)


def test_the_oldest_batch_that_is_not_done_tells_how_far_behind_a_partition_is() -> None:
    ledger = Ledger()
    first, second = deliver(ledger, ONE, 0, 9), deliver(ledger, ONE, 10, 19)
    finish(second)
    assert ledger.oldest(ONE) is first
    finish(first)
    assert ledger.oldest(ONE) is None
    assert ledger.oldest(TWO) is None
