"""`ebbflow alerts`"""

from typing import Annotated

import typer
from rich.console import Console

from schemas.alert import Alert, AlertKind
from schemas.settings import load_settings
from streams.availability import wait_for_broker

_STYLES = {"info": "green", "warning": "yellow", "critical": "red"}


def alerts(
    kind: Annotated[AlertKind | None, typer.Option(help="Only alerts of this kind.")] = None,
    follow: Annotated[bool, typer.Option(help="Wait for new ones, until Ctrl-C.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Print the alerts on the topic, oldest first, and wait for more."""
    from kafka import KafkaConsumer

    from streams.topics import ALERTS, declare

    settings = load_settings()
    wait_for_broker(settings)
    declare(settings)
    console = Console(highlight=False)
    consumer = KafkaConsumer(
        settings.topic(ALERTS),
        bootstrap_servers=settings.broker_url,
        auto_offset_reset="earliest",
        consumer_timeout_ms=float("inf") if follow else 3000,
    )
    try:
        for record in consumer:
            alert = Alert.model_validate_json(record.value)
            if kind in (None, alert.kind):
                _print(alert, console, as_json)
    except KeyboardInterrupt:
        pass
    finally:
        consumer.close()


def _print(alert: Alert, console: Console, as_json: bool) -> None:
    if as_json:
        typer.echo(alert.model_dump_json())
        return
    stake = f"  at stake {alert.at_stake.amount:,.2f} {alert.at_stake.currency}".rstrip() if alert.at_stake else ""
    head = f"{alert.at:%Y-%m-%d %H:%M}  {alert.kind} {alert.state}  {alert.summary}{stake}"
    console.print(head, style=_STYLES[alert.severity], markup=False, soft_wrap=True)
    if alert.state == "opened":
        console.print(f"                  {alert.suggestion}", style="dim", markup=False, soft_wrap=True)
