"""Reading a batch: records become touches by customer, what cannot be read becomes a rejected record."""

from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from processors.consent import ConsentRules, is_withheld
from processors.decoding import UnreadableError
from processors.kinds import KindRules
from processors.notes import is_note, read_note
from processors.reading import FUTURE_TOLERANCE, read
from schemas.rejected import Rejected, Rejection, RejectionCode
from schemas.touch import Feed, Note, Touch
from streams.clock import Clock
from streams.store.partitions import Standing
from streams.topics import FEED_HEADER, ROW_HEADER
from streams.tracing import TraceOf, untraced
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


@dataclass
class Slice:
    """Consecutive touches that share a stretch of stream time.

    `now` is the end of that stretch, `end` the offset after the last record of the slice (none when it has no records);
    `refused` are those of its records that could not be read; `trace_of` tells the traces that led to it.
    """

    now: float
    end: int | None = None
    touches: dict[str, list[Touch]] = field(default_factory=dict)
    refused: list[Rejected] = field(default_factory=list)
    batch: Batch | None = None
    trace_of: TraceOf = untraced

    def refuse(self, touches: Sequence[Touch], rejection: Rejection) -> list[Rejected]:
        """The records that these touches of the slice were read from, rejected."""
        offsets = {touch.offset for touch in touches}
        if self.batch is None:
            return []
        return [rejected(self.batch, record, rejection) for record in self.batch.records if record.offset in offsets]


class Reader:
    """Reads the batches of the touchpoints topic."""

    def __init__(self, rules: KindRules, consent: ConsentRules, tick: float, clock: Clock) -> None:
        self._rules, self._consent = rules, consent
        self._tick = tick
        self._clock = clock

    def slices(self, batch: Batch, standing: Standing) -> Iterator[Slice]:
        """Cut what is new of a batch into slices no longer than a tick, from where its partition stands.

        A live batch spans an instant and is one slice; a replay spans months, and is scored and settled on the way.
        """
        latest, folded = self._clock.now() + FUTURE_TOLERANCE, standing.position or 0
        rules, consent, partition, tick = self._rules, self._consent, batch.tp.partition, self._tick
        current = Slice(standing.time, batch=batch)
        for record in batch.records:
            offset, received = record.offset, record.timestamp / 1000.0
            if offset < folded:
                continue
            raw = record.value or b""
            noted = is_note(raw)
            # A note has the time of the partition that it comes from, which may be ahead of this one, and even of this
            # worker's clock. It moves no time here, and is not refused: it may be all that is known of somebody.
            if received > latest and not noted:
                current.refused.append(rejected(batch, record, _FROM_THE_FUTURE))
                continue
            if received > current.now and not noted:
                if current.touches and received // tick != current.now // tick:
                    current.end = offset
                    yield current
                    current = Slice(received, batch=batch)
                current.now = received
            try:
                if noted:
                    touch = _left(read_note(raw), received, partition, offset)
                else:
                    touch = read(raw, received, rules, partition, offset, feed_of(record), consent)
            except UnreadableError as error:
                current.refused.append(rejected(batch, record, error.rejection))
                continue
            if is_withheld(touch.consent):
                metrics.TOUCHPOINTS.labels("any", "any", "withheld").inc()
            elif touch.customer in current.touches:
                current.touches[touch.customer].append(touch)
            else:
                current.touches[touch.customer] = [touch]
        current.end = batch.end
        yield current


def _left(note: Note, received: float, partition: int, offset: int) -> Touch:
    return Touch(note.customer, received, "", note=note, partition=partition, offset=offset, received=received)


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
    metrics.TOUCHPOINTS.labels("unknown", "unknown", "rejected").inc()
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
