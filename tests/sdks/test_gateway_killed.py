"""The gateway killed under load from SDKs that retry: the acknowledged is on the topic, and nothing counts twice."""

import json
import os
import signal
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest

from schemas.settings import Settings
from streams.embedded.companion import Companion
from streams.topics import TOUCHPOINTS, declare
from tests.brokers.choice import OwnBroker, Stack
from tests.harness import WRITE_KEY, records_of, settings_for, wait_until
from tests.integration.test_gateway_process import answers
from tests.integration.working import environment_of, folded, profiles_of, running_worker
from tests.nursery import Forked
from tests.sdks.driving import NodeSdk, PythonSdk, running

pytestmark = [pytest.mark.sdks, pytest.mark.integration, pytest.mark.timeout(300)]

EVENTS, CUSTOMERS, SECONDS, KILLS = 600, 60, 15, 4
CLIENTS = {
    "python": PythonSdk("segment-analytics-python==2.4.0", "segment_python_load.py"),
    "node": NodeSdk("segment_node_load.js"),
}


def kill(gateway: Companion, broker: OwnBroker) -> None:
    """SIGKILL while the broker has records that it has not acknowledged: they arrive, and nobody is told."""
    os.kill(broker.pid, signal.SIGSTOP)
    try:
        time.sleep(1)  # Requests come all the time; nothing tells when one has passed the gateway.
        os.kill(gateway.pid, signal.SIGKILL)
        gateway.stop()
    finally:
        os.kill(broker.pid, signal.SIGCONT)


def published(settings: Settings) -> Counter[str]:
    """How often each message id is on the topic."""
    return Counter(json.loads(record.value)["messageId"] for record in records_of(settings, TOUCHPOINTS))


def said(logs: Sequence[Path]) -> tuple[set[str], set[str]]:
    """The ids that the SDKs say they delivered, and those that they gave up."""
    lines = [json.loads(log.read_text().splitlines()[-1]) for log in logs]
    return {id_ for line in lines for id_ in line["delivered"]}, {id_ for line in lines for id_ in line["failed"]}


def test_acknowledged_is_kept_and_nothing_counts_twice(broker: OwnBroker, stack: Stack, tmp_path: Path) -> None:
    """Tried without its guards, one at a time:

    - answering when the broker has acknowledged (`Producer.publish`): events that the SDKs had delivered were nowhere;
    - the ring of message ids (`processors.fold.fresh`): customers had eleven orders of ten.
    """
    settings = settings_for(Stack(broker.broker_url, stack.redis_url))
    declare(settings)
    url = f"http://127.0.0.1:{settings.gateway_port}"
    log = tmp_path / "gateway.log"
    gateway = Forked("the gateway", "streams.cli", ["gateway"], log, environment_of(settings))
    logs = {name: tmp_path / f"{name}.log" for name in CLIENTS}
    with running_worker(settings, tmp_path / "worker.log"), gateway, ExitStack() as clients:
        gateway.wait_until(lambda: answers(url), within=20)
        for name, sdk in CLIENTS.items():
            load = [url, WRITE_KEY, name, *map(str, (EVENTS, CUSTOMERS, SECONDS))]
            clients.enter_context(running(sdk.program(*load), logs[name]))
        total = EVENTS * len(CLIENTS)
        for turn in range(KILLS):
            wait_until(lambda done=turn + 1: folded(settings) >= total * done // (KILLS + 1))
            kill(gateway, broker)
            gateway.start()
            gateway.wait_until(lambda: answers(url), within=30)
        clients.close()
        found = published(settings)
        wait_until(lambda: folded(settings) >= len(found))

    delivered, failed = said(list(logs.values()))
    assert delivered | failed == {f"{name}-{number}" for name in CLIENTS for number in range(EVENTS)}
    assert delivered <= found.keys()
    assert found.total() > len(found), "nothing was sent twice, so this has shown nothing"
    orders = {customer: profile.facts.money["EUR"].orders for customer, profile in profiles_of(settings).items()}
    assert orders == Counter(f"{name}-{int(number) % CUSTOMERS}" for name, number in (id_.split("-") for id_ in found))
