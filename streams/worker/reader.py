"""Reading a batch: records become touches by customer, what cannot be read becomes a rejected record."""

from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from processors.kinds import KindRules
from processors.reading import FUTURE_TOLERANCE, UnreadableError, read
from schemas.rejected import Rejected, Rejection, RejectionCode
from schemas.touch import Feed, Touch
from streams.clock import Clock
from streams.transport.batch import Batch, Record
from streams.worker import metrics

# One such record would move the stream time of its partition ahead for good, and all its customers would be lost.
_FROM_THE_FUTURE = Rejection(
    code=RejectionCode.IN_THE_FUTURE,
    message="the Kafka record is dated in the future: check the clock of the producer",
)

MAX_KEPT = 1024 * 1024
"""Bytes of a record that are kept in `rejected`; more than a broker takes unless it was told to."""
# What a date-time can hold, in milliseconds: 9999-12-31.
_LAST_INSTANT = 253_402_214_400_000

FEED_HEADER, ROW_HEADER = "ebbflow-feed", "ebbflow-row"


@dataclass
class Slice:
    """Consecutive touches that share a stretch of stream time; `now` is its end."""

    now: float
    touches: dict[str, list[Touch]] = field(default_factory=dict)


class Reader:
    """Reads the batches of the touchpoints topic."""

    def __init__(self, rules: KindRules, tick: float, clock: Clock) -> None:
        self._rules = rules
        self._tick = tick
        self._clock = clock

    def slices(self, batch: Batch, now: float, refused: list[Rejected]) -> Iterator[Slice]:
        """Cut a batch into slices no longer than a tick, starting at stream time `now`.

        A live batch spans an instant and is one slice; a replay spans months, and is scored and settled on the way.
        What cannot be read is appended to `refused`.
        """
        current, latest = Slice(now), self._clock.now() + FUTURE_TOLERANCE
        for record in batch.records:
            if record.timestamp / 1000.0 > latest:
                refused.append(rejected(batch, record, _FROM_THE_FUTURE))
                continue
            at = max(current.now, record.timestamp / 1000.0)
            if current.touches and at // self._tick != current.now // self._tick:
                yield current
                current = Slice(at)
            current.now = at
            try:
                touch = read(
                    record.value or b"", record.timestamp / 1000.0, self._rules, batch.tp.partition, record.offset,
                    feed_of(record),
                )  # fmt: skip
            except UnreadableError as error:
                refused.append(rejected(batch, record, error.rejection))
                continue
            current.touches.setdefault(touch.customer, []).append(touch)
        yield current


def feed_of(record: Record) -> Feed | None:
    """Which file a replayed record comes from, and which row of it; none for live records."""
    if not record.headers:
        return None
    headers = dict(record.headers)
    name, row = headers.get(FEED_HEADER), headers.get(ROW_HEADER)
    if name is None or row is None or not row.isdigit():
        return None
    return Feed(name.decode(errors="replace")[:64], int(row))


def rejected(batch: Batch, record: Record, rejection: Rejection) -> Rejected:
    """The record as it came, with what is wrong with it."""
    metrics.TOUCHPOINTS.labels("unknown", "rejected").inc()
    original = record.value or b""
    if len(original) > MAX_KEPT:
        kept = f"; the first {MAX_KEPT} of {len(original)} bytes are kept here, the whole record stays where it was"
        rejection = rejection.model_copy(update={"message": rejection.message + kept})
    return Rejected(
        rejection=rejection,
        source="worker",
        at=datetime.fromtimestamp(min(max(record.timestamp, 0), _LAST_INSTANT) / 1000.0, UTC),
        topic=batch.tp.topic,
        partition=batch.tp.partition,
        offset=record.offset,
        key=b64encode(record.key or b""),
        original=b64encode(original[:MAX_KEPT]),
    )
