"""Load by Segment's SDK for Python: `segment_python_load.py URL KEY PREFIX EVENTS CUSTOMERS SECONDS`.

Prints the ids of the messages that the SDK delivered, by its own word, and those that it gave up.
"""

import json
import sys
import time

from segment.analytics.client import Client

url, key, prefix = sys.argv[1:4]
events, customers, seconds = map(int, sys.argv[4:])
failed: list[str] = []
client = Client(
    key,
    host=url,
    upload_size=20,
    upload_interval=0.1,
    on_error=lambda _, batch: failed.extend(message["messageId"] for message in batch),
)
ids = [f"{prefix}-{number}" for number in range(events)]
for number, id_ in enumerate(ids):
    client.track(f"{prefix}-{number % customers}", "Order Completed", {"revenue": 1, "currency": "EUR"}, message_id=id_)
    time.sleep(seconds / events)
client.flush()
client.shutdown()
print(json.dumps({"delivered": sorted(set(ids) - set(failed)), "failed": failed}))
