"""What there is to say of a step, as it will stand on the topics."""

from processors.advance import Step
from processors.notes import write_note
from streams.store.partitions import Message
from streams.topics import ALERTS, OUTCOMES, TOUCHPOINTS


def messages_of(step: Step, now: float, trace: str = "") -> list[Message]:
    """What came of one customer's step at `now`, in stream time, and of touchpoints of this trace, if they have one.

    Notes belong to the log, and have its time: a broker that keeps records by age keeps them as long as what they
    speak of.
    """
    return [
        *(Message(ALERTS, each.customer, each.model_dump_json(exclude_none=True), trace=trace) for each in step.alerts),
        *(Message(OUTCOMES, each.customer, each.model_dump_json()) for each in step.outcomes),
        *(Message(OUTCOMES, each.customer, each.model_dump_json()) for each in step.trials),
        # Of nobody, so that it has no key.
        *(Message(OUTCOMES, "", each.model_dump_json()) for each in step.texts),
        *(Message(TOUCHPOINTS, each.customer, write_note(each), now, trace) for each in step.notes),
    ]
