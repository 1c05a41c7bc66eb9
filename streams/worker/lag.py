"""How far a worker is behind, by partition, for Prometheus: also while a batch is stuck, when nothing else moves."""

from collections.abc import Iterable

from faust.types import TP

from schemas.settings import Settings
from streams.clock import Clock
from streams.topics import OUTCOMES, TOUCHPOINTS
from streams.transport.driver import BatchConsumer
from streams.worker import metrics


class Lag:
    """Looks at the consumer's ledger. Topics are shown without their prefix."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._names, self._clock = {settings.topic(name): name for name in (TOUCHPOINTS, OUTCOMES)}, clock

    async def look(self, consumer: BatchConsumer) -> None:
        """Show where each partition stands that is ours."""
        for tp in list(consumer.assignment()):
            if tp not in consumer.assignment():
                continue  # Somebody else's since the look began.
            behind, name = await consumer.behind(tp), self._names[tp.topic]
            if behind is None or tp not in consumer.assignment():
                continue  # Never fetched, or somebody else's by now.
            metrics.LAG_RECORDS.labels(name, tp.partition).set(behind)
            if name == TOUCHPOINTS and (oldest := consumer.ledger.oldest(tp)) is not None:
                age = self._clock.now() - oldest.records[0].timestamp / 1000.0
                metrics.LAG.labels(tp.partition).set(max(0.0, age))

    def forget(self, partitions: Iterable[TP]) -> None:
        """These are somebody else's now."""
        for tp in partitions:
            metrics.LAG_RECORDS.remove(self._names[tp.topic], tp.partition)
