"""`ebbflow handle`"""

import asyncio
from datetime import UTC, datetime
from typing import Annotated, cast, get_args

import typer
from pydantic import ValidationError

from schemas.duration import parse_duration
from schemas.handling import Action, AlertStanding, Handled
from schemas.settings import Settings, load_settings
from streams.availability import UnavailableError, wait_for_broker, wait_for_redis


def handle(
    alert: Annotated[str, typer.Argument(help="The id of the alert, as `ebbflow alerts --json` and the API say it.")],
    action: Annotated[str, typer.Argument(help=f"One of {', '.join(get_args(Action))}.")],
    by: Annotated[str, typer.Option(help="Who does it, as your team knows them.")] = "",
    note: Annotated[str, typer.Option(help="What there is to say of it.")] = "",
    snooze: Annotated[str | None, typer.Option("--for", help="For how long it is snoozed: 2h, 7d.")] = None,
    useful: Annotated[bool | None, typer.Option("--useful/--useless", help="Whether the alert was of use.")] = None,
) -> None:
    """Say what became of an alert: acknowledge, snooze, resolve, reopen or rate it.

    It stands among the customer's touchpoints from then on, and what is rated counts in the usefulness shown.
    """
    try:
        until = datetime.now(UTC) + parse_duration(snooze) if snooze is not None else None
        handled = Handled(action=cast(Action, action), by=by, note=note, until=until, useful=useful)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        words = problem["msg"].removeprefix("Value error, ").replace("until", "--for").replace("useful", "--useful")
        raise typer.BadParameter(words) from None
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--for") from None
    settings = load_settings()
    wait_for_redis(settings)
    wait_for_broker(settings)
    standing = asyncio.run(_handle(settings, alert, handled))
    if standing is None:
        typer.echo(f"No alert {alert!r} is kept; `ebbflow alerts --json` shows ids.", err=True)
        raise typer.Exit(1)
    typer.echo(f"{standing.stands(datetime.now(UTC))}: {standing.alert.summary}")


async def _handle(settings: Settings, alert: str, handled: Handled) -> AlertStanding | None:
    from streams.handling import handle
    from streams.producer import NotAcknowledgedError, Producer
    from streams.store.alerts import AlertStore
    from streams.store.connecting import prompt_redis

    async with prompt_redis(settings) as redis, Producer(settings) as producer:
        try:
            return await handle(AlertStore(redis, settings), producer, settings, alert, handled)
        except NotAcknowledgedError as error:
            raise UnavailableError(f"{error}. What was done is not published yet: do it again") from None
