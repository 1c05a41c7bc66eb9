"""Replay: a log from a file goes through the same topic as live touchpoints, dated as it happened."""
