"""Snowplow's tracker for Python: `snowplow_python.py URL KEY USER VISITOR AT`."""

import sys
import time
from datetime import datetime

from snowplow_tracker import Emitter, PageView, SelfDescribing, SelfDescribingJson, StructuredEvent, Subject, Tracker

url, key, user, visitor, at = sys.argv[1:]
emitter = Emitter(url, batch_size=10)
tracker = Tracker("shop", emitter, app_id=key)
unknown, known = Subject(), Subject()
unknown.set_domain_user_id(visitor)
known.set_domain_user_id(visitor).set_user_id(user)
tracker.track(PageView("https://shop.example/", page_title="Home", event_subject=unknown))
order = SelfDescribingJson("iglu:com.example/order_completed/jsonschema/1-0-0", {"revenue": 42.5, "currency": "EUR"})
backdated = datetime.fromisoformat(at).timestamp() * 1000
tracker.track(SelfDescribing(order, event_subject=known, true_timestamp=backdated))
tracker.track(StructuredEvent("support", "Ticket Created", event_subject=known))
tracker.flush()
# What failed goes back to the store, and is sent again by a timer.
deadline = time.monotonic() + 60
while emitter.event_store.size() and time.monotonic() < deadline:
    time.sleep(0.1)
sys.exit(f"not sent: {emitter.event_store.size()}" if emitter.event_store.size() else 0)
