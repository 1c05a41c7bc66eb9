"""Publishing a log to Kafka, in order, acknowledged, and resumable."""

from collections.abc import Callable, Sequence

from kafka import KafkaProducer
from redis import Redis

from schemas.settings import Settings
from streams.replay.log import Entry, Log
from streams.store.erased import ERASED, digest_of
from streams.topics import FEED_HEADER, REJECTED, ROW_HEADER, TOUCHPOINTS

_CHUNK = 2_000


class Replay:
    """One log on its way to `touchpoints`. How far it came is noted in Redis after each acknowledged chunk.

    `withheld` counts the touchpoints of customers who were erased, which are left out.

    Records carry the times of their events, so the same events come out whenever it is run; and the feed's name and
    the row, by which a profile knows what it has folded already.
    """

    def __init__(self, log: Log, settings: Settings) -> None:
        self._log = log
        self._settings = settings
        self._redis: Redis = Redis.from_url(settings.redis_url)
        self._key = settings.keyspace(f"replay:{log.feed}")
        self.withheld = 0

    def done(self) -> int:
        """How many rows were acknowledged before."""
        return int(self._redis.get(self._key) or 0)

    def overtaken(self) -> bool:
        """Whether the time of some partition lies after the log: then its rows come too late to be predicted from."""
        if not self._log.entries:
            return False
        keys = self._redis.scan_iter(self._settings.keyspace("partition:*"))
        times = [self._redis.hget(key, "time") for key in keys]
        return any(float(time or 0) > self._log.entries[-1].at for time in times)

    def run(self, start: int, progress: Callable[[int], None]) -> None:
        """Publish the rows from `start` on; `progress` is told how many are done.

        Raises:
            KafkaError: if the broker refuses a record, or stays away.
        """
        # One request at a time keeps the order through retries: a row that overtook another would be taken for a
        # repeat. kafka-python's idempotence would keep it too, but does not recover from a delivery that timed out.
        producer = KafkaProducer(
            bootstrap_servers=self._settings.broker_url,
            acks="all",
            enable_idempotence=False,
            max_in_flight_requests_per_connection=1,
            linger_ms=20,
        )
        topic, feed = self._settings.topic(TOUCHPOINTS), self._log.feed.encode()
        try:
            if not start:
                refused = [
                    producer.send(self._settings.topic(REJECTED), value=record.model_dump_json().encode())
                    for record in self._log.refused
                ]
                producer.flush()
                for future in refused:
                    future.get(0)
            for first in range(start, len(self._log.entries), _CHUNK):
                chunk = self._log.entries[first : first + _CHUNK]
                erased = self._erased(chunk)
                sent = [
                    producer.send(
                        topic,
                        key=entry.customer.encode(),
                        value=entry.value,
                        timestamp_ms=round(entry.at * 1000),
                        headers=[(FEED_HEADER, feed), (ROW_HEADER, str(entry.row).encode())],
                    )
                    for entry in chunk
                    if entry.customer not in erased
                ]
                self.withheld += len(chunk) - len(sent)
                producer.flush()
                for future in sent:
                    future.get(0)
                self._redis.set(self._key, first + len(chunk))
                progress(first + len(chunk))
        finally:
            producer.close()

    def _erased(self, entries: Sequence[Entry]) -> set[str]:
        """Those of their customers who were erased: nothing of them is written again, wherever it comes from."""
        customers = sorted({entry.customer for entry in entries})
        found = self._redis.smismember(self._settings.keyspace(ERASED), list(map(digest_of, customers)))
        return {customer for customer, erased in zip(customers, found, strict=True) if erased}
