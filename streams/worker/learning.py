"""The learner agent's work: outcomes in, sealed models out, exactly from where the last one stood."""

import asyncio
import logging

from pydantic import ValidationError

from processors.honesty import SCORED, Honesty
from schemas.outcome import Outcome
from schemas.rejected import Rejected, Rejection, RejectionCode
from schemas.settings import Settings
from streams.store.models import Checkpoint, ModelStore
from streams.store.seal import BrokenSealError
from streams.transport import Batch
from streams.worker import metrics
from streams.worker.patience import Patience
from streams.worker.publisher import Publisher
from streams.worker.reader import rejected
from streams.worker.standings import BehindError

logger = logging.getLogger(__name__)

_BREATHE_EVERY = 500


class Learning:
    """Learns from every outcome once. Batches are done only when the model that learned from them is saved."""

    def __init__(self, settings: Settings, store: ModelStore, publisher: Publisher) -> None:
        self._store, self._publisher = store, publisher
        self._patience = Patience(settings.give_up_after)
        self._checkpoint: Checkpoint | None = None
        self._unsaved: list[Batch] = []
        self._turn = asyncio.Lock()

    async def work(self, batch: Batch) -> None:
        """Learn from a batch of outcomes; those the saved model has seen already are passed over.

        Raises:
            BehindError: if the saved model has not seen what comes before the batch.
        """
        async with self._turn:
            checkpoint = self._checkpoint if self._checkpoint is not None else await self._patience(self._resume)
            partition, refused = batch.tp.partition, list[Rejected]()
            learned = checkpoint.learned.get(partition, -1)
            if batch.start is not None and learned + 1 < batch.start:
                raise BehindError(f"the outcomes learned from partition {partition}", learned + 1, batch.start)
            for place, record in enumerate(batch.records):
                if record.offset > learned:
                    try:
                        if checkpoint.learn(Outcome.model_validate_json(record.value or b"")):
                            metrics.MODEL_OUTCOMES.inc()
                    except (ValidationError, KeyError) as error:
                        rejection = Rejection(code=RejectionCode.INVALID, message=f"not an outcome: {error}"[:500])
                        refused.append(rejected(batch, record, rejection))
                    checkpoint.learned[partition] = record.offset
                if place % _BREATHE_EVERY == _BREATHE_EVERY - 1:
                    await asyncio.sleep(0)
            if refused:
                await self._patience(lambda: self._publisher.rejected(refused))
            self._unsaved.append(batch)

    async def save(self) -> None:
        """Publish what was learned since the last time, if anything.

        Raises:
            SupersededError: if another learner has taken over; nothing of this one's counts then.
        """
        async with self._turn:
            if not self._unsaved or self._checkpoint is None:
                return
            edition = self._store.edition(self._checkpoint)
            await self._patience(lambda: self._store.publish(edition))
            for batch in self._unsaved:
                batch.done()
            self._unsaved.clear()
            _report(self._checkpoint)

    async def forget(self) -> None:
        """The outcomes are another learner's now."""
        async with self._turn:
            self._checkpoint = None
            self._unsaved.clear()

    async def _resume(self) -> Checkpoint:
        try:
            self._checkpoint = await self._store.checkpoint()
        except BrokenSealError as error:
            logger.critical("Cannot go on learning: %s", error)
            raise
        logger.info("Learning on from version %d", self._checkpoint.learner.version)
        return self._checkpoint


def _report(checkpoint: Checkpoint) -> None:
    learner = checkpoint.learner
    honesty: Honesty = learner.honesty
    metrics.MODEL_VERSION.set(learner.version)
    metrics.MODEL_WARM.set(learner.warm)
    for name in SCORED:
        for gauge, value in (
            (metrics.MODEL_AUC, honesty.auc(name)),
            (metrics.MODEL_LOG_LOSS, honesty.log_loss(name)),
            (metrics.MODEL_BRIER, honesty.brier(name)),
        ):
            if value is not None:
                gauge.labels(name).set(value)
