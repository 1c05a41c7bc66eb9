"""`ebbflow erase`"""

import asyncio
from typing import Annotated

import typer

from schemas.settings import Settings, load_settings


def erase(
    customer: Annotated[str, typer.Argument(help="A user id, or anon:<anonymous id>.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Erase a person for good: every id, profile, score and prediction; what comes later of them is dropped.

    Touchpoints that are in Kafka's log already stay there as long as the log keeps them.
    """
    from streams.availability import wait_for_broker, wait_for_redis
    from streams.topics import declare

    settings = load_settings()
    wait_for_broker(settings)
    wait_for_redis(settings)
    declare(settings)
    if not yes:
        typer.confirm(f"Erase {customer!r}, under every id, for good?", abort=True)
    keys, profiles = asyncio.run(_erase(settings, customer))
    typer.echo(f"Erased: {profiles} profiles, {keys} ids. Nothing of them is taken in from now on.")


async def _erase(settings: Settings, customer: str) -> tuple[int, int]:
    from redis.asyncio import Redis

    from streams.person import erase
    from streams.producer import Producer

    redis: Redis = Redis.from_url(settings.redis_url)
    try:
        async with Producer(settings) as producer:
            person = await erase(redis, settings, producer, customer)
    finally:
        await redis.aclose()
    return len(person.keys), len(person.profiles)
