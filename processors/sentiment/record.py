"""The record of sentiment: how well texts were heard that came with a rating, before anything was learned from them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Record:
    """How many texts with praise and with complaints were learned from, and whether that is enough to speak of others.
    Of recent ones, the share that was heard right, beside that of always saying what is most common, and the mean log
    loss, beside that of the base rate; none before there were any."""

    positive: int = 0
    negative: int = 0
    speaks: bool = False
    accuracy: float | None = None
    base_accuracy: float | None = None
    log_loss: float | None = None
    base_log_loss: float | None = None
