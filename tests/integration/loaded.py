"""Prints what of tracing is loaded by worker, gateway and notifier in this environment: `python -m` runs it."""

import importlib
import sys

from streams.tracing import tracing_of

# The client of Redis loads the SDK's metrics by itself, where they are.
WANTED = ("opentelemetry.sdk.trace", "opentelemetry.exporter", "google.protobuf", "streams.tracing.otlp")

if __name__ == "__main__":
    for part, module in (("gateway", "gateway.serve"), ("worker", "app"), ("notifier", "notifier.run")):
        importlib.import_module(f"streams.{module}")
        tracing_of(part)
    print([name for name in WANTED if any(loaded.startswith(name) for loaded in sys.modules)])
