"""Mixpanel's SDK for Python: `mixpanel_python.py URL KEY USER VISITOR AT buffered|direct`.

It repeats by itself over https alone; over http a program flushes its buffer again, as its documentation shows.
"""

import sys
import time
from datetime import datetime

from mixpanel import BufferedConsumer, Consumer, Mixpanel, MixpanelException

url, key, user, visitor, at, way = sys.argv[1:]
consumer = (BufferedConsumer if way == "buffered" else Consumer)(events_url=f"{url}/track", people_url=f"{url}/engage")
client = Mixpanel(key, consumer)
order = {"revenue": 42.5, "currency": "EUR", "time": datetime.fromisoformat(at).timestamp()}
home = {"$device_id": visitor, "current_page_title": "Home"}
client.track(f"$device:{visitor}", "$mp_web_page_view", home)
client.track(user, "Signed In", {"$device_id": visitor, "$user_id": user})
client.people_set(user, {"plan": "pro"})
client.track(user, "Order Completed", order)
client.track(user, "Ticket Created")
if isinstance(consumer, BufferedConsumer):
    for _ in range(10):
        try:
            consumer.flush()
            break
        except MixpanelException:
            time.sleep(0.5)
    else:
        sys.exit("not sent")
