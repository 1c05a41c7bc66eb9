"""The gateway: touchpoints in over HTTP, checked, dated, keyed, and acknowledged only when the broker has them."""
