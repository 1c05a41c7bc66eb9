"""The console: pages for people, from Redis, without a front-end build."""
