"""State in Redis: one hash per customer, timers per partition, the sealed model."""
