"""A log from a file as touches, in the order of time."""

from collections.abc import Sequence

from processors.kinds import KindRules
from processors.reading import read
from schemas.touch import Touch
from streams.replay.log import Log


def touches_of(log: Log, rules: KindRules) -> Sequence[Touch]:
    """What a worker would fold. Each row has a message id of its own, so rows that are alike all count."""
    return [read(entry.value, entry.at, rules) for entry in log.entries]
