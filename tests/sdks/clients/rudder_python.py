"""RudderStack's SDK for Python: `rudder_python.py URL KEY USER VISITOR AT`."""

import sys
from datetime import datetime

from rudderstack.analytics.client import Client

url, key, user, visitor, at = sys.argv[1:]
troubles: list[object] = []
client = Client(key, host=url, on_error=lambda error, _: troubles.append(error))
client.page(anonymous_id=visitor, name="Home")
client.identify(user, {"plan": "pro"}, anonymous_id=visitor)
order = {"revenue": 42.5, "currency": "EUR"}
client.track(user, "Order Completed", order, timestamp=datetime.fromisoformat(at))
client.track(user, "Ticket Created")
client.flush()
client.shutdown()
sys.exit(f"not sent: {troubles}" if troubles else 0)
