"""`ebbflow profile`"""

import asyncio
from datetime import UTC, datetime
from typing import Annotated

import msgspec
import typer
from redis.asyncio import Redis
from rich.console import Console
from rich.table import Table

from processors.facets.acquisition import path
from processors.features import main_currency
from processors.movement import told
from schemas.profile import Profile
from schemas.settings import Settings, load_settings
from streams.availability import wait_for_redis
from streams.store.profiles import ProfileStore


def profile(
    customer: Annotated[str, typer.Argument(help="A user id, or anon:<anonymous id>.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole profile as JSON.")] = False,
) -> None:
    """Show what is known of one customer."""
    settings = load_settings()
    wait_for_redis(settings)
    found = asyncio.run(_load(settings, customer))
    if not found.revision:
        typer.echo(f"No profile of {customer!r}: no touchpoint of this id has been folded yet.", err=True)
        raise typer.Exit(1)
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode(found)).decode())
    else:
        _show(found, Console(highlight=False))


async def _load(settings: Settings, customer: str) -> Profile:
    redis: Redis = Redis.from_url(settings.redis_url)
    try:
        return (await ProfileStore(redis, settings).resolve([customer]))[customer]
    finally:
        await redis.aclose()


def _show(found: Profile, console: Console) -> None:
    facts, scores = found.facts, found.judgements.scores
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    table.add_row("customer", found.customer)
    if facts.aliases:
        table.add_row("also known as", ", ".join(facts.aliases))
    days = f"{facts.days} day" if facts.days == 1 else f"{facts.days} days"
    table.add_row("seen", f"{_day(facts.first_seen)} to {_day(facts.last_seen)}, active on {days}")
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(facts.kinds.items(), key=lambda item: -item[1]))
    table.add_row("touchpoints", f"{facts.touchpoints}" + (f" ({kinds})" if kinds else ""))
    for currency, money in facts.money.items():
        table.add_row("orders", f"{money.orders}, {money.revenue:,.2f} {currency}".rstrip())
    for visit in path(facts.origin) if facts.origin else ():
        source = visit.source
        words = " / ".join(part for part in (source.channel, source.source, source.campaign) if part)
        table.add_row("came by", f"{words}, {_day(visit.at)}")
    if facts.origin and facts.origin.bought_at:
        table.add_row("first bought", _day(facts.origin.bought_at))
    if facts.traits:
        table.add_row("traits", ", ".join(f"{name}={value}" for name, value in facts.traits.items()))
    if scores is not None:
        mark = " (warming up)" if scores.warming_up else ""
        table.add_row("churn risk", f"{scores.churn:.0%}{mark}")
        table.add_row("engagement", f"{scores.engagement:.1f} touchpoints expected, usually {scores.usual:.1f}")
        currency = main_currency(facts) or ""
        if scores.value is not None:
            table.add_row("expected", f"{scores.value:,.2f} {currency} within the horizon".replace("  ", " "))
        if scores.lifetime is not None:
            table.add_row("lifetime value", f"{scores.lifetime:,.2f} {currency}".rstrip())
        table.add_row("scored", f"{_day(scores.at)} by model {scores.model}")
    if found.judgements.movement is not None:
        table.add_row("moved", told(found.judgements.movement).summary)
    if (mood := found.judgements.mood) is not None:
        score = "" if mood.score is None else f", {mood.score:+.2f} over {mood.texts} texts"
        table.add_row("sounds", f"{mood.label} at {_day(mood.at)}{score}")
    for kind, episode in found.judgements.episodes.items():
        if episode.opened_at:
            table.add_row("open alert", f"{kind} since {_day(episode.opened_at)}")
    for touch in reversed(facts.recent):
        table.add_row(_day(touch.at), f"{touch.name} [{touch.kind}]")
    console.print(table, markup=False)


def _day(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M")
