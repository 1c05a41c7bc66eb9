"""What a report is made of: the sections of the population, the alerts that stand open, and how good the models are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar, cast

from redis.asyncio import Redis

from processors.population import LEARNED, SECTIONS
from processors.usefulness import usefulness
from schemas.alert import AlertKind
from schemas.handling import AlertSeen, Usefulness
from schemas.population import Section
from schemas.settings import Settings
from streams.clock import Clock
from streams.store.alerts import AlertStore
from streams.store.cards import CardStore
from streams.store.population import PopulationStore

TO_CALL = 20
_WEEK = 7
_WORTH_A_CALL = frozenset(
    (AlertKind.CHURN_RISK, AlertKind.ATTITUDE_GAP, AlertKind.RULE_MATCHED, AlertKind.SEGMENT_ENTERED)
)
"""Who has left already is told in the figures."""

S = TypeVar("S", bound=Section)


@dataclass(frozen=True)
class Gathered:
    """Everything at `at`. `sections` are as of now, `days` as each of the last seven days ended, the oldest first;
    `calls` are the open alerts with the most at stake; `card` is that of the current models."""

    at: datetime
    sections: Mapping[str, Section]
    days: Mapping[str, Sequence[Section]]
    calls: Sequence[AlertSeen]
    open_alerts: int
    useful: Sequence[Usefulness]
    card: Mapping[str, Any] | None

    def section(self, kind: type[S]) -> S | None:
        """The section of a kind; none if it has not been counted, or is turned off."""
        return next((each for each in self.sections.values() if isinstance(each, kind)), None)


async def gather(settings: Settings) -> Gathered:
    """Read it all from Redis.

    Raises:
        redis.exceptions.RedisError: if it does not answer.
    """
    redis: Redis = Redis.from_url(settings.redis_url)
    try:
        sections, days = dict[str, Section](), dict[str, list[Section]]()
        population = PopulationStore(redis, settings)
        for name, kind in _kinds().items():
            if (held := await population.section(name)) is not None:
                sections[name] = kind.model_validate_json(held)
                days[name] = [kind.model_validate_json(each) for each in (await population.days(name))[-_WEEK:]]
        now = datetime.now(UTC)
        standing = [each async for _, _, each in AlertStore(redis, settings).newest()]
        seen = [each.seen(now) for each in standing if each.alert.kind in _WORTH_A_CALL]
        current, cards = await CardStore(redis, settings).shown()
    finally:
        await redis.aclose()
    opened = [each for each in seen if each.status in ("open", "acknowledged")]
    return Gathered(
        at=datetime.fromtimestamp(Clock(settings).now(), UTC),
        sections=sections,
        days=days,
        calls=sorted(opened, key=_at_stake, reverse=True)[:TO_CALL],
        open_alerts=len(opened),
        useful=usefulness(standing),
        card=next((card for card in cards if card["version"] == current), None),
    )


def _kinds() -> dict[str, type[Section]]:
    counted = {name: tally.told.__annotations__["return"] for name, tally in SECTIONS.items()}
    return cast(dict[str, type[Section]], counted | dict(LEARNED))


def _at_stake(seen: AlertSeen) -> tuple[float, float]:
    stake = seen.alert.at_stake
    return (stake.amount if stake else 0.0, seen.alert.sureness.probability or 0.0)
