"""Running notifiers in tests, as users do: a process of its own, with endpoints in its environment."""

import base64
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

from redis import Redis
from standardwebhooks import Webhook

from schemas.alert import Alert
from schemas.settings import Settings
from streams.embedded.companion import Companion
from tests.integration.receivers import Got
from tests.integration.working import environment_of, producer_for
from tests.nursery import Forked, run

SECRET = f"whsec_{base64.b64encode(bytes(range(32))).decode()}"

Given = Mapping[str, Mapping[str, Any]]


def hook(url: str, **more: Any) -> dict[str, Any]:
    """An endpoint that takes plain JSON on this machine."""
    return {"url": url, "secret": SECRET, "allow_private": True, **more}


@contextmanager
def running_notifier(settings: Settings, endpoints: Given, log: Path, **more: str) -> Iterator[Companion]:
    """A notifier process that reads, killed when the block ends; metrics are off unless a port is given."""
    begun = _beginnings(log)
    environment = {**_environment(settings, endpoints), "EBBFLOW_NOTIFIER_METRICS_PORT": "0", **more}
    with Forked("the notifier", "streams.cli", ["notifier"], log, environment) as notifier:
        try:
            notifier.wait_until(lambda: _beginnings(log) > begun, within=30)
            yield notifier
        finally:
            notifier.stop(within=0)


def notifier_command(settings: Settings, endpoints: Given, *words: str) -> CompletedProcess[str]:
    """Run `ebbflow notifier ...` to its end."""
    environment = {**_environment(settings, endpoints), "COLUMNS": "200"}
    return run("streams.cli", "notifier", *words, environment=environment)


def publish(settings: Settings, alerts: Iterable[Alert]) -> None:
    """Put alerts on their topic, as a worker does."""
    producer = producer_for(settings)
    for alert in alerts:
        value = alert.model_dump_json(exclude_none=True).encode()
        producer.send(settings.topic("alerts"), key=alert.customer.encode(), value=value)
    producer.flush()
    producer.close()


def verified(got: Got, secret: str = SECRET) -> Any:
    """What a delivery says, if its signature is right by the library's own verifier."""
    said = Webhook(secret).verify(got.body, dict(got.headers))
    assert got.headers["webhook-id"] == said["id"]
    return said


def dead_letters(settings: Settings, endpoint: str) -> list[Any]:
    """The dead letters of an endpoint, newest first."""
    with Redis.from_url(settings.redis_url) as redis:
        found = redis.lrange(settings.keyspace(f"notify:{endpoint}:dead"), 0, -1)
        return [json.loads(each) for each in found]


def waiting(settings: Settings, endpoint: str) -> int:
    """How many alerts wait for an endpoint."""
    with Redis.from_url(settings.redis_url) as redis:
        return int(redis.zcard(settings.keyspace(f"notify:{endpoint}:waiting")))


def in_order(got: Iterable[Got], alerts: Iterable[Alert]) -> None:
    """Fail unless each customer's alerts came first in the order in which they were published, all of them."""
    wanted, came = dict[str, list[str]](), dict[str, dict[str, None]]()
    for alert in alerts:
        wanted.setdefault(alert.customer, []).append(alert.id)
    for each in got:
        said = each.json
        came.setdefault(said["customer"], {}).setdefault(said["id"])
    assert {customer: list(ids) for customer, ids in came.items()} == wanted


def _beginnings(log: Path) -> int:
    return log.read_text().count("alerts are delivered to") if log.exists() else 0


def _environment(settings: Settings, endpoints: Given) -> dict[str, str]:
    return {**environment_of(settings), "EBBFLOW_ENDPOINTS": json.dumps(endpoints)}
