"""What the notifier counts, for Prometheus. Endpoints are few, and named by who runs it."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server

from schemas.settings import Settings
from streams.availability import UnavailableError

_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200, 43_200, 259_200)


class NotifierMetrics:
    """The metrics of one notifier, in a registry of its own."""

    def __init__(self, endpoints: Iterable[str]) -> None:
        self.registry = CollectorRegistry()
        self._alerts = Counter(
            "ebbflow_notifier_alerts",
            "Alerts read from the topic, by what became of them (taken, old, unreadable).",
            ["result"],
            registry=self.registry,
        )
        self._deliveries = Counter(
            "ebbflow_notifier_deliveries",
            "Tries to deliver, by endpoint and what came of them (delivered, failed, dead), and dead letters that were "
            "dropped for newer ones (dropped).",
            ["endpoint", "result"],
            registry=self.registry,
        )
        self._waiting = Gauge(
            "ebbflow_notifier_waiting", "Alerts that wait for their delivery.", ["endpoint"], registry=self.registry
        )
        self._dead = Gauge("ebbflow_notifier_dead", "Dead letters.", ["endpoint"], registry=self.registry)
        self._seconds = Histogram(
            "ebbflow_notifier_delivery_seconds",
            "From the alert on its topic to its delivery.",
            ["endpoint"],
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self._errors = Counter(
            "ebbflow_notifier_errors",
            "Calls to Redis and to the broker that failed and are tried again, by whose it was (redis, broker).",
            ["whose"],
            registry=self.registry,
        )
        # A counter that first appears at 1 shows no increase, so each series is there from the start.
        for result in ("taken", "old", "unreadable"):
            self._alerts.labels(result)
        for whose in ("redis", "broker"):
            self._errors.labels(whose)
        for endpoint in endpoints:
            self._seconds.labels(endpoint)
            for result in ("delivered", "failed", "dead", "dropped"):
                self._deliveries.labels(endpoint, result)

    def read(self, taken: int, old: int, unreadable: int) -> None:
        """Alerts came from the topic."""
        for result, count in (("taken", taken), ("old", old), ("unreadable", unreadable)):
            self._alerts.labels(result).inc(count)

    def delivered(self, endpoint: str, seconds: float) -> None:
        """One arrived, so long after it was published."""
        self._deliveries.labels(endpoint, "delivered").inc()
        self._seconds.labels(endpoint).observe(max(0.0, seconds))

    def failed(self, endpoint: str) -> None:
        """One did not, and is to be tried again."""
        self._deliveries.labels(endpoint, "failed").inc()

    def died(self, endpoint: str, count: int, dropped: int) -> None:
        """Some went to the dead letters, and so many old ones were dropped."""
        self._deliveries.labels(endpoint, "dead").inc(count)
        self._deliveries.labels(endpoint, "dropped").inc(dropped)

    def stands(self, endpoint: str, waiting: int, dead: int) -> None:
        """How many wait, and how many are dead."""
        self._waiting.labels(endpoint).set(waiting)
        self._dead.labels(endpoint).set(dead)

    def away(self, whose: str) -> None:
        """Redis or the broker did not do what it was asked for."""
        self._errors.labels(whose).inc()

    @contextmanager
    def listening(self, settings: Settings) -> Iterator[None]:
        """Show all of it to Prometheus for as long as the block lasts.

        Raises:
            UnavailableError: if the port is taken.
        """
        port, host = settings.notifier_metrics_port, settings.metrics_host
        if not port:
            yield
            return
        try:
            server, thread = start_http_server(port, host, self.registry)
        except OSError as error:
            raise UnavailableError(
                f"metrics cannot listen on {host}:{port} ({error.strerror}): set EBBFLOW_NOTIFIER_METRICS_PORT to a "
                "free port, or to 0 for none"
            ) from None
        try:
            yield
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
