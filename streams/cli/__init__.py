"""The `ebbflow` command. One file a command; what a command needs is imported when it runs."""

import sys

import typer
from kafka.errors import KafkaError
from redis.exceptions import RedisError
from rich.console import Console

from schemas.settings import SettingsError
from streams.availability import UnavailableError
from streams.cli.alerts import alerts
from streams.cli.console import console
from streams.cli.demo import demo
from streams.cli.embedded import embedded
from streams.cli.erase import erase
from streams.cli.evaluate import evaluate
from streams.cli.gateway import gateway
from streams.cli.handle import handle
from streams.cli.import_ import import_
from streams.cli.models import models
from streams.cli.notifier import notifier
from streams.cli.profile import profile
from streams.cli.rebuild import rebuild
from streams.cli.replay import replay
from streams.cli.report import report
from streams.cli.rules import rules
from streams.cli.settings import settings
from streams.cli.topics import topics
from streams.cli.worker import worker

app = typer.Typer(
    name="ebbflow",
    help="Open real-time customer analytics: touchpoints in, churn and engagement alerts out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for command in (
    demo, worker, gateway, console, replay, rebuild, evaluate, report, alerts, handle, profile, erase, topics,
    settings, embedded,
):  # fmt: skip
    app.command()(command)
app.command("import")(import_)
app.add_typer(models, name="models")
app.add_typer(notifier, name="notifier")
app.add_typer(rules, name="rules")


def main() -> None:
    """Run the command line; mistakes of the user and absent services end in one clear line, not in a traceback."""
    try:
        app()
    except (SettingsError, UnavailableError, KafkaError, RedisError) as error:
        Console(stderr=True, highlight=False).print(f"ebbflow: {error}", style="red", markup=False, soft_wrap=True)
        sys.exit(1)
