"""CloudEvents' SDK for Python, sent by the standard library: `cloudevents_python.py URL KEY USER VISITOR AT`.

Each of the three modes of its HTTP binding carries one event or two.
"""

import base64
import json
import sys
import urllib.request
from datetime import datetime

from cloudevents.core.bindings.http import to_binary, to_structured
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

url, key, user, visitor, at = sys.argv[1:]


def event(id_: str, type_: str, **more: object) -> CloudEvent:
    about = {"id": f"{user}-{id_}", "source": "/shop", "type": type_, "subject": user, "specversion": "1.0"}
    data = more.pop("data", {})
    return CloudEvent({**about, "datacontenttype": "application/json", **more}, data)


def send(headers: dict[str, str], body: bytes) -> None:
    basic = "Basic " + base64.b64encode(f"{key}:".encode()).decode()
    request = urllib.request.Request(f"{url}/v1/events", body, {**headers, "Authorization": basic}, method="POST")
    with urllib.request.urlopen(request, timeout=20) as answer:
        assert 200 <= answer.status < 300, answer.status


order = {"revenue": 42.5, "currency": "EUR"}
one = to_binary(event("1", "Order Completed", time=datetime.fromisoformat(at), data=order), JSONFormat())
send(one.headers, one.body)
two = to_structured(event("2", "Ticket Created"), JSONFormat())
send(two.headers, two.body)
both = [json.loads(to_structured(event(id_, "Signed In"), JSONFormat()).body) for id_ in ("3", "4")]
send({"Content-Type": "application/cloudevents-batch+json"}, json.dumps(both).encode())
