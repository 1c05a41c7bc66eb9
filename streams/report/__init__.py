"""The weekly report: what changed, why, whom to call, and what the actions did, on one page."""
