"""One fetch of one partition, as an agent receives it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from faust.types import TP


class Record(Protocol):
    """What a batch holds of each Kafka record (aiokafka's `ConsumerRecord`); `timestamp` in milliseconds."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]


class State(Enum):
    """Where a batch stands."""

    WAITING = "waiting"
    BEGUN = "begun"
    DONE = "done"
    DROPPED = "dropped"


@dataclass(eq=False)
class Batch:
    """Consecutive records of one partition. `end` is the offset after the last of them, `start` the one from which they
    were fetched: where the batch before ended, or what was committed; none when nothing ever was.

    The agent calls `begin` before it works on a batch and `done` when everything that came of it is safe; only then
    may its offsets be committed.
    """

    tp: TP
    records: Sequence[Record]
    start: int | None
    end: int
    state: State = State.WAITING
    on_turn: Callable[[], None] = field(default=lambda: None, repr=False)

    def begin(self) -> bool:
        """Whether the batch may be worked on. False once its partition was revoked while it waited."""
        if self.state is State.WAITING:
            self.state = State.BEGUN
            self.on_turn()
        return self.state is State.BEGUN

    def done(self) -> None:
        """Everything that came of the batch is safe: its offsets may be committed."""
        if self.state is State.BEGUN:
            self.state = State.DONE
            self.on_turn()

    def drop(self) -> None:
        """Nobody works on it any more, and it is not done: whoever comes next does it again."""
        if self.state is not State.DONE:
            self.state = State.DROPPED
            self.on_turn()
