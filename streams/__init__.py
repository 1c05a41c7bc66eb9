"""The plumbing: broker, store, HTTP and the command line around the pure core."""
