"""The test build of the worker: the real one, which does as it is told by FAULT_* at a step of a batch.

    FAULT_AT=after-publish FAULT_NTH=3 FAULT_DO=kill python -m tests.faults.faulty_worker

FAULT_AT is a step of `POINTS` or `LEARNER_POINTS` and FAULT_NTH the passing of it, from 1, at which FAULT_DO happens:
`kill` (SIGKILL, after a pause in which all else goes on) or `stop` (SIGSTOP, until somebody sends SIGCONT). A number
there is a delay in seconds, at every passing. Without them this is the worker as it is. It logs every batch that it
begins, so that what was delivered again can be counted, and every step that it saved or that was refused. FAULT_PORTION
is how many customers it saves in one go.
"""

import asyncio
import functools
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from streams.cli.worker import worker
from streams.store.models import Edition, ModelStore
from streams.store.partitions import Message, MovedError, PartitionStore
from streams.transport.batch import Batch, State
from streams.worker import saver
from streams.worker.learning import Learning
from streams.worker.publisher import Publisher

PAUSE = 1.5
"""Seconds between a step and its SIGKILL: longer than a worker waits with a commit of what it thinks is done."""


class Fault:
    """What happens at the nth passing of a step."""

    def __init__(self, do: str, nth: int) -> None:
        self._signal = {"kill": signal.SIGKILL, "stop": signal.SIGSTOP}.get(do)
        self._delay = 0.0 if self._signal else float(do)
        self._left = nth

    async def happens(self) -> None:
        """Called at each passing."""
        if self._delay:
            await asyncio.sleep(self._delay)
        elif self._is_due():
            if self._signal is signal.SIGKILL:
                await asyncio.sleep(PAUSE)
            self._strike()

    def happens_at_once(self) -> None:
        """The same where nobody can wait."""
        if self._is_due():
            self._strike()

    def _is_due(self) -> bool:
        self._left -= 1
        return self._left == 0

    def _strike(self) -> None:
        if self._signal:
            os.kill(os.getpid(), self._signal)
            while self._signal is signal.SIGKILL:
                time.sleep(1)  # It may take a moment, in which nothing more may happen.


def after_load(load: Callable[..., Awaitable[Any]], fault: Fault) -> Callable[..., Awaitable[Any]]:
    """What a step needs is loaded; to ask for nothing but the standing is no step."""

    async def faulty(self: PartitionStore, partition: int, *asked: Any) -> Any:
        loaded = await load(self, partition, *asked)
        if asked:
            await fault.happens()
        return loaded

    return faulty


def after_publish(publish: Callable[..., Awaitable[None]], fault: Fault) -> Callable[..., Awaitable[None]]:
    """What a step has to say is published, if it has anything to say."""

    async def faulty(self: Publisher, messages: Sequence[Message]) -> None:
        await publish(self, messages)
        if messages:
            await fault.happens()

    return faulty


def after_save(save: Callable[..., Awaitable[Any]], fault: Fault) -> Callable[..., Awaitable[Any]]:
    """A step is saved, and what it has to say is not published yet."""

    async def faulty(self: PartitionStore, *step: Any) -> Any:
        saved = await save(self, *step)
        await fault.happens()
        return saved

    return faulty


def before_ack(done: Callable[[Batch], None], fault: Fault) -> Callable[[Batch], None]:
    """A batch is done and its offsets are not yet said to be."""

    def faulty(self: Batch) -> None:
        fault.happens_at_once()
        done(self)

    return faulty


POINTS: dict[str, tuple[Callable[..., Any], type, str]] = {
    "after-load": (after_load, PartitionStore, "load"),
    "after-save": (after_save, PartitionStore, "save"),
    "after-publish": (after_publish, Publisher, "say"),
    "before-ack": (before_ack, Batch, "done"),
}


def after_learning(work: Callable[..., Awaitable[None]], fault: Fault) -> Callable[..., Awaitable[None]]:
    """A batch of outcomes is learned from, and nobody else knows yet."""

    async def faulty(self: Learning, batch: Batch) -> None:
        await work(self, batch)
        await fault.happens()

    return faulty


def around_publication(publish: Callable[..., Awaitable[None]], fault: Fault, after: bool) -> Callable[..., Any]:
    """A model version is about to be saved; or it was, and what it has to say is not said, and nothing is committed."""

    async def faulty(self: ModelStore, edition: Edition) -> None:
        if not after:
            await fault.happens()
        await publish(self, edition)
        if after:
            await fault.happens()

    return faulty


def before_say(say: Callable[..., Awaitable[None]], fault: Fault) -> Callable[..., Awaitable[None]]:
    """What is to be said was saved, and is not published."""

    async def faulty(self: Publisher, messages: Sequence[Message]) -> None:
        if messages:
            await fault.happens()
        await say(self, messages)

    return faulty


LEARNER_POINTS: dict[str, tuple[Callable[..., Any], type, str]] = {
    "after-learning": (after_learning, Learning, "work"),
    "before-model": (functools.partial(around_publication, after=False), ModelStore, "publish"),
    "before-say": (before_say, Publisher, "say"),
    "after-model": (functools.partial(around_publication, after=True), ModelStore, "publish"),
}


def say_what_is_delivered() -> None:
    """Have every batch of touchpoints logged when it is begun."""
    begin = Batch.begin

    @functools.wraps(begin)
    def telling(self: Batch) -> bool:
        waited, begun = self.state is State.WAITING, begin(self)
        if waited and begun and self.tp.topic.endswith("touchpoints"):
            print(f"DELIVERED {len(self.records)} of partition {self.tp.partition} up to {self.end}", flush=True)
        return begun

    Batch.begin = telling  # type: ignore[method-assign]


def say_what_is_saved() -> None:
    """Have every step logged when it is saved, or refused."""
    save = PartitionStore.save

    @functools.wraps(save)
    async def telling(self: PartitionStore, partition: int, *step: Any) -> Any:
        try:
            saved = await save(self, partition, *step)
        except MovedError as error:
            print(f"REFUSED {error}", flush=True)
            raise
        print(f"SAVED partition {partition}", flush=True)
        return saved

    PartitionStore.save = telling  # type: ignore[method-assign]


def main() -> None:
    """Put the fault in its place and run the worker."""
    say_what_is_delivered()
    say_what_is_saved()
    saver.AT_ONCE = int(os.environ.get("FAULT_PORTION", saver.AT_ONCE))
    if point := os.environ.get("FAULT_AT"):
        points = POINTS | LEARNER_POINTS
        if point not in points:
            sys.exit(f"FAULT_AT={point} is none of {', '.join(points)}")
        wrap, owner, name = points[point]
        fault = Fault(os.environ.get("FAULT_DO", "kill"), int(os.environ.get("FAULT_NTH", "1")))
        setattr(owner, name, wrap(getattr(owner, name), fault))
    worker()


if __name__ == "__main__":
    main()
