"""The learner agent's work: outcomes in, sealed models out, exactly from where the last one stood."""

import asyncio
import logging
from datetime import UTC, datetime

from pydantic import ValidationError

from processors.learning.card import Card
from processors.learning.learner import ForeignOutcomeError
from processors.models import MEMBERS
from schemas.alert import AlertKind
from schemas.lesson import LESSON, Lesson
from schemas.outcome import Outcome
from schemas.rated_text import RatedText
from schemas.rejected import Rejected, Rejection, RejectionCode
from schemas.settings import Settings
from streams.clock import Clock
from streams.store.models import BrokenModelError, Checkpoint, ModelStore, SupersededError
from streams.store.partitions import Message
from streams.store.population import PopulationStore
from streams.topics import ALERTS
from streams.transport import Batch
from streams.worker import metrics
from streams.worker.drift import drift_alert
from streams.worker.patience import Patience
from streams.worker.publisher import Publisher
from streams.worker.reader import rejected
from streams.worker.standings import BehindError

logger = logging.getLogger(__name__)

_BREATHE_EVERY = 500


class Learning:
    """Learns from every outcome once. Batches are done only when the model that learned from them is saved."""

    def __init__(
        self, settings: Settings, store: ModelStore, population: PopulationStore, publisher: Publisher, clock: Clock
    ) -> None:
        self._store, self._population = store, population
        self._publisher, self._clock = publisher, clock
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
            partition, refused = batch.tp.partition, list[Rejected]()
            checkpoint = await self._standing(partition, batch.start)
            learned = checkpoint.learned.get(partition, -1)
            try:
                for place, record in enumerate(batch.records):
                    if record.offset > learned:
                        try:
                            _learn(checkpoint, LESSON.validate_json(record.value or b""))
                        except (ValidationError, ForeignOutcomeError) as error:
                            rejection = Rejection(
                                code=RejectionCode.INVALID, message=f"nothing to learn from: {error}"[:500]
                            )
                            refused.append(rejected(batch, record, rejection))
                        checkpoint.learned[partition] = record.offset
                    if place % _BREATHE_EVERY == _BREATHE_EVERY - 1:
                        await asyncio.sleep(0)
                if refused:
                    await self._patience(lambda: self._publisher.rejected(refused))
            except BaseException:
                # What was half learned must never be saved.
                self._drop()
                raise
            self._unsaved.append(batch)

    async def look(self, partition: int, reached: int | None) -> None:
        """Go on from the saved model now, rather than with the next outcome; `reached` is where the worker stands in
        the log. Raises the same error as `work`."""
        async with self._turn:
            await self._standing(partition, reached)

    async def position(self, partition: int) -> int:
        """The offset from which outcomes are still to be learned."""
        async with self._turn:
            return (await self._standing(partition, None)).learned.get(partition, -1) + 1

    async def save(self) -> None:
        """Publish what was learned since the last time, if anything.

        Raises:
            SupersededError: if the model was rolled back, or another learner has taken over. What was learned since
                the last save is forgotten then, and to be read again from `position`.
        """
        async with self._turn:
            checkpoint = self._checkpoint
            if not self._unsaved or checkpoint is None:
                return
            edition = self._store.edition(checkpoint)
            try:
                await self._patience(lambda: self._store.publish(edition))
            except SupersededError:
                self._drop()
                raise
            metrics.ALERTS.labels(AlertKind.MODEL_DRIFT, "opened").inc(len(checkpoint.unsaid))
            await self._patience(lambda: self._say(checkpoint))
            await self._patience(lambda: self._tell(checkpoint))
            for batch in self._unsaved:
                batch.done()
            self._unsaved.clear()
            _report(edition.card, checkpoint.learner.warm)

    async def forget(self) -> None:
        """The outcomes are another learner's now."""
        async with self._turn:
            self._drop()

    def _drop(self) -> None:
        self._checkpoint = None
        self._unsaved.clear()

    async def _standing(self, partition: int, reached: int | None) -> Checkpoint:
        checkpoint = self._checkpoint if self._checkpoint is not None else await self._patience(self._resume)
        position = checkpoint.learned.get(partition, -1) + 1
        if reached is not None and position < reached:
            raise BehindError(f"the outcomes learned from partition {partition}", position, reached)
        return checkpoint

    async def _resume(self) -> Checkpoint:
        try:
            checkpoint = await self._store.checkpoint()
        except BrokenModelError as error:
            logger.critical("Cannot go on learning: %s", error)
            raise
        # Whoever saved them may not have got as far as publishing them.
        await self._say(checkpoint)
        self._checkpoint = checkpoint
        _report(checkpoint.learner.card(), checkpoint.learner.warm)
        logger.info("Learning on from version %d", checkpoint.learner.version)
        return checkpoint

    async def _tell(self, checkpoint: Checkpoint) -> None:
        today = datetime.fromtimestamp(self._clock.now(), UTC).date()
        learner = checkpoint.learner
        for name, section in (("churn", learner.diagnosis.told()), ("actions", learner.bandit.told())):
            if section is not None:
                await self._population.keep(name, section, today)

    async def _say(self, checkpoint: Checkpoint) -> None:
        # An earlier release sealed them without the trace.
        await self._publisher.say([Message(*each) for each in checkpoint.unsaid])
        checkpoint.unsaid.clear()


def _learn(checkpoint: Checkpoint, lesson: Lesson) -> None:
    if checkpoint.knows(lesson):
        return
    if checkpoint.learn(lesson) and isinstance(lesson, Outcome):
        alert = drift_alert(checkpoint.learner, checkpoint.drifts, lesson)
        checkpoint.unsaid.append(Message(ALERTS, alert.customer, alert.model_dump_json(exclude_none=True)))
        logger.warning("Drift: %s", alert.summary)
    if isinstance(lesson, RatedText):
        metrics.RATED_TEXTS.inc()
    elif isinstance(lesson, Outcome):
        metrics.MODEL_OUTCOMES.inc()


def _report(card: Card, warm: bool) -> None:
    metrics.MODEL_VERSION.set(card.version)
    metrics.MODEL_WARM.set(warm)
    metrics.MODEL_DRIFTS.set(card.drifts)
    if card.coverage is not None:
        metrics.MODEL_COVERAGE.set(card.coverage)
    heard = card.sentiment
    metrics.SENTIMENT_SPEAKS.set(heard.speaks)
    for name, accuracy in (("words", heard.accuracy), ("base_rate", heard.base_accuracy)):
        if accuracy is not None:
            metrics.SENTIMENT_ACCURACY.labels(name).set(accuracy)
    for name in MEMBERS:
        metrics.MODEL_CHAMPION.labels(name).set(name == card.champion)
    for name, measures in card.recent.items():
        for gauge, value in (
            (metrics.MODEL_AUC, measures.auc),
            (metrics.MODEL_LOG_LOSS, measures.log_loss),
            (metrics.MODEL_BRIER, measures.brier),
            (metrics.MODEL_CALIBRATION_ERROR, measures.calibration_error),
            (metrics.MODEL_PRECISION_TOP, measures.precision_top),
        ):
            if value is not None:
                gauge.labels(name).set(value)
