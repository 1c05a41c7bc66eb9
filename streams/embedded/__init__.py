"""A broker and a store that need no installation: for the demo, for tests, for a first try."""
