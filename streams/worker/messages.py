"""What there is to say of a step, as it will stand on the topics."""

from processors.advance import Step
from processors.notes import write_note
from streams.store.partitions import Message
from streams.topics import ALERTS, OUTCOMES, TOUCHPOINTS


def messages_of(step: Step, now: float) -> list[Message]:
    """What came of one customer's step at `now`, in stream time.

    Notes belong to the log, and have its time: a broker that keeps records by age keeps them as long as what they
    speak of.
    """
    return [
        *((ALERTS, alert.customer, alert.model_dump_json(exclude_none=True), 0.0) for alert in step.alerts),
        *((OUTCOMES, outcome.customer, outcome.model_dump_json(), 0.0) for outcome in step.outcomes),
        *((TOUCHPOINTS, note.customer, write_note(note), now) for note in step.notes),
    ]
