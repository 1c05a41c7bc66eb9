"""The notifier: alerts, delivered to endpoints."""
