"""`ebbflow notifier`: alerts, delivered to the endpoints of the settings."""

import asyncio
import logging
import time
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from schemas.settings import SettingsError, load_settings
from streams.availability import wait_for_redis

notifier = typer.Typer(help="Deliver alerts to webhooks, chats and mailboxes: run it, or look after it.")


@notifier.callback(invoke_without_command=True)
def serve(context: typer.Context) -> None:
    """Deliver alerts to the endpoints of ebbflow.toml: webhooks, Slack, Microsoft Teams, PagerDuty, e-mail.

    Runs until Ctrl-C or SIGTERM; `retry` and `list` look after what it could not deliver.
    """
    if context.invoked_subcommand is not None:
        return
    from streams.notifier.run import run

    settings = load_settings()
    logging.basicConfig(level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    # These write down URLs, which may be secret, headers and records, each in its own way.
    for chatty in ("httpx", "httpcore", "aiosmtplib"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    logging.getLogger("kafka").setLevel(logging.CRITICAL)
    logging.getLogger("aiokafka").setLevel(max(logging.INFO, logging.getLogger().level))
    run(settings)


@notifier.command()
def retry(
    endpoint: Annotated[str | None, typer.Argument(help="The one whose dead letters are meant; all of them.")] = None,
) -> None:
    """Send the dead letters again: they go to the ends of the queues, and a running notifier takes them up."""
    from streams.notifier import run

    settings = load_settings()
    run.require_endpoints(settings)
    if endpoint is not None and endpoint not in settings.endpoints:
        raise SettingsError(f"there is no endpoint {endpoint!r}: it is one of {', '.join(sorted(settings.endpoints))}")
    wait_for_redis(settings)
    names = sorted(settings.endpoints) if endpoint is None else [endpoint]
    for name, count in asyncio.run(run.retry(settings, names, time.time())).items():
        typer.echo(f"{name}: {count} dead letters are in the queue again")


@notifier.command("list")
def list_endpoints() -> None:
    """List the endpoints: how many alerts wait, how many are dead, and when one was last delivered."""
    from streams.notifier import run

    settings = load_settings()
    run.require_endpoints(settings)
    wait_for_redis(settings)
    table = Table()
    for heading in ("endpoint", "shape", "waiting", "dead", "last success (UTC)"):
        table.add_column(heading, justify="right" if heading in ("waiting", "dead") else "left")
    for name, stands in asyncio.run(run.standings(settings)).items():
        at = f"{datetime.fromtimestamp(stands.delivered, UTC):%Y-%m-%d %H:%M:%S}" if stands.delivered else "never"
        table.add_row(name, settings.endpoints[name].shape, str(stands.waiting), str(stands.dead), at)
    Console(highlight=False).print(table)
