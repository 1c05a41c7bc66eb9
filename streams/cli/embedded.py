"""`ebbflow embedded`"""

import signal
import time
from typing import Annotated

import typer

from streams.embedded.stack import EmbeddedStack

_LOOK_EVERY = 0.5


def embedded(
    broker_port: Annotated[int | None, typer.Option(help="Port of the broker; a free one when absent.")] = None,
    redis_port: Annotated[int | None, typer.Option(help="Port of the store; a free one when absent.")] = None,
) -> None:
    """Run a broker and a store in memory, until Ctrl-C. Prints what other shells need to use them."""
    # SIGTERM ends this as Ctrl-C does: in order.
    for asked in (signal.SIGINT, signal.SIGTERM):
        signal.signal(asked, signal.default_int_handler)
    try:
        with EmbeddedStack(broker_port, redis_port) as stack:
            for name, value in stack.environment().items():
                typer.echo(f"export {name}={value}")
            while True:
                stack.check()
                time.sleep(_LOOK_EVERY)
    except KeyboardInterrupt:
        typer.echo("stopped", err=True)
