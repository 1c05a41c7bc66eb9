"""The thinking: pure functions over the words of `schemas`.

Nothing here knows of Kafka, Redis, files or the wall clock, and there is no randomness that was not handed in. The
heart is `advance.advance`; the live worker, the timers, replays, evaluations and tests all call it.
"""
