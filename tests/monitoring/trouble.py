"""What no good shop does, so that there is something to show where trouble is shown."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import httpx
from kafka import KafkaProducer

from streams.demo.stage import Stage
from streams.topics import TOUCHPOINTS

_EVERY = 1.0


@contextmanager
def make_trouble(stage: Stage) -> Iterator[None]:
    """Again and again for as long as the block lasts: a touchpoint that the gateway refuses, a record that no worker
    can read, a connection that does not speak HTTP."""
    ending = threading.Event()
    thread = threading.Thread(target=_go_on, args=(stage, ending))
    thread.start()
    try:
        yield
    finally:
        ending.set()
        thread.join()


def _go_on(stage: Stage, ending: threading.Event) -> None:
    producer = KafkaProducer(bootstrap_servers=stage.settings.broker_url)
    with httpx.Client(auth=(stage.write_key, ""), trust_env=False) as client:
        while not ending.wait(_EVERY):
            # Whatever comes of it: the tests look at what was counted.
            with suppress(httpx.TransportError):
                client.post(f"{stage.gateway_url}/v1/track", json={"event": "Order Completed"})
            producer.send(stage.settings.topic(TOUCHPOINTS), value=b"not JSON")
            with suppress(OSError), socket.create_connection(("127.0.0.1", stage.ports["gateway"]), 2.0) as line:
                line.settimeout(2.0)
                line.sendall(b"HELO there\r\n\r\n")
                line.recv(1024)
    producer.close()
