"""`ebbflow demo`"""

from typing import Annotated

import typer

from schemas.duration import parse_duration


def demo(
    duration: Annotated[str | None, typer.Option(help="How long, as in 60s or 5m; until Ctrl-C when absent.")] = None,
    customers: Annotated[int, typer.Option(min=10, max=20_000, help="How many the shop has at the start.")] = 500,
    seed: Annotated[int, typer.Option(help="Another seed is another shop.")] = 7,
    plain: Annotated[bool, typer.Option("--plain", help="Status lines in place of the live view.")] = False,
) -> None:
    """Watch it work: a simulated shop, a broker, a store, a gateway and workers, all on this machine, in memory.

    At the end it says how the alerts compare with what only the simulation knew.
    """
    from streams.demo.run import run

    try:
        seconds = parse_duration(duration).total_seconds() if duration is not None else None
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--duration") from None
    run(customers, seed, seconds, plain)
