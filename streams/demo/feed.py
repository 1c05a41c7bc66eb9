"""The alerts as any subscriber gets them: a plain Kafka consumer, and every record checked against the schema."""

from collections import Counter
from collections.abc import Iterable

from kafka import KafkaConsumer
from pydantic import ValidationError

from schemas.alert import Alert, AlertKind
from schemas.settings import Settings
from streams.demo.truth import Turn
from streams.topics import ALERTS

_WAIT_MS = 20
_MOST_RECORDS = 1_000


class AlertFeed:
    """Alerts since the demo began, each once: a repeated one has the id of the first."""

    def __init__(self, settings: Settings) -> None:
        self.opened: Counter[AlertKind] = Counter()
        self.invalid = 0
        self._turns: dict[str, Turn] = {}
        self._consumer = KafkaConsumer(
            settings.topic(ALERTS), bootstrap_servers=settings.broker_url, auto_offset_reset="earliest"
        )

    def poll(self) -> list[Alert]:
        """The alerts that came since the last time."""
        came = self._consumer.poll(timeout_ms=_WAIT_MS, max_records=_MOST_RECORDS)
        return [alert for records in came.values() for alert in self._checked(record.value for record in records)]

    def turns(self) -> list[Turn]:
        """What is kept of all alerts."""
        return list(self._turns.values())

    def close(self) -> None:
        """Leave the broker."""
        self._consumer.close()

    def _checked(self, values: Iterable[bytes]) -> list[Alert]:
        new = []
        for value in values:
            try:
                alert = Alert.model_validate_json(value)
            except ValidationError:
                self.invalid += 1
                continue
            turn = Turn.of(alert)
            if self._turns.setdefault(alert.id, turn) is turn:
                self.opened[alert.kind] += alert.state == "opened"
                new.append(alert)
        return new
