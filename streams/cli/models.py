"""`ebbflow models`: the versions of the models, how good each is, and the way back to an earlier one."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TypeVar

import msgspec
import typer
from redis.asyncio import Redis

from schemas.settings import load_settings
from streams.availability import wait_for_redis

if TYPE_CHECKING:  # River and SciPy come with these, and take their time.
    from processors.learning.card import Card
    from streams.store.models import ModelStore

Answer = TypeVar("Answer")
AsJson = Annotated[bool, typer.Option("--json", help="Print it as JSON.")]

models = typer.Typer(help="Show the versions of the models, and go back to an earlier one.", no_args_is_help=True)


@models.command("list")
def list_models(as_json: AsJson = False) -> None:
    """List the current version and those that are kept, newest first."""
    from streams.cli.cards import list_cards

    current, cards = _asked(lambda store: store.cards())
    _show(cards, as_json, lambda: list_cards(cards, current))


@models.command()
def show(
    version: Annotated[int | None, typer.Argument(help="A version of `ebbflow models list`; the current one.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show the card of a version: what it has seen, and how good it was beside its baselines."""
    from streams.cli.cards import show_card

    card = _card(version)
    _show(card, as_json, lambda: show_card(card))


@models.command()
def rollback(
    version: Annotated[int, typer.Argument(help="A version of `ebbflow models list`.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before the models are replaced.")] = False,
) -> None:
    """Go back to a version: it serves and learns on as a new one. Workers take it up without a stop.

    What was learned since is passed over, and not learned again.
    """
    from streams.cli.cards import experience

    card = _card(version)
    if not yes:
        typer.confirm(f"Go back to version {version}, which has learned from {experience(card)}?", abort=True)
    back = _asked(lambda store: store.rollback(version))
    typer.echo(f"Version {back.version} goes on from where version {version} stood.")


def _show(found: Any, as_json: bool, draw: Callable[[], None]) -> None:
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode(found)).decode())
    else:
        draw()


def _card(version: int | None) -> "Card":
    """The card of a version, or of the current one."""
    current, cards = _asked(lambda store: store.cards())
    if not current and not cards:
        _fail("No model yet: the learner publishes the first one when the first prediction has come due.")
    wanted = current if version is None else version
    found = next((card for card in cards if card.version == wanted), None)
    return found or _fail(f"Of version {wanted} no card is kept; `ebbflow models list` shows those that are.")


def _asked(question: Callable[["ModelStore"], Awaitable[Answer]]) -> Answer:
    from streams.store.models import BrokenModelError, ModelStore, SupersededError, UnknownVersionError

    settings = load_settings()
    wait_for_redis(settings)

    async def ask() -> Answer:
        redis: Redis = Redis.from_url(settings.redis_url)
        try:
            return await question(ModelStore(redis, settings))
        finally:
            await redis.aclose()

    try:
        return asyncio.run(ask())
    except (BrokenModelError, SupersededError, UnknownVersionError) as error:
        _fail(f"ebbflow: {error}")


def _fail(words: str) -> NoReturn:
    typer.echo(words, err=True)
    raise typer.Exit(1)
