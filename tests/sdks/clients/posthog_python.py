"""PostHog's SDK for Python: `posthog_python.py URL KEY USER VISITOR AT`."""

import sys
from datetime import datetime

from posthog import Posthog

url, key, user, visitor, at = sys.argv[1:]
troubles: list[object] = []
client = Posthog(key, host=url, on_error=lambda error, _: troubles.append(error))
home = {"title": "Home", "$current_url": "https://shop.example/", "$process_person_profile": False}
client.capture("$pageview", distinct_id=visitor, properties=home)
client.alias(visitor, user)
client.set(distinct_id=user, properties={"plan": "pro"})
order = {"revenue": 42.5, "currency": "EUR"}
client.capture("Order Completed", distinct_id=user, properties=order, timestamp=datetime.fromisoformat(at))
client.capture("Ticket Created", distinct_id=user)
client.flush()
client.shutdown()
sys.exit(f"not sent: {troubles}" if troubles else 0)
