"""Episodes: a score over its threshold becomes one alert that opens once and closes once.

It opens when the score has stayed over the threshold for the hold time, closes when it falls below a lower threshold
(hysteresis), and then rests for the cool-down.
"""

from dataclasses import dataclass
from typing import Literal

import msgspec

from schemas.profile import Episode

Turn = Literal["opened", "closed"]


@dataclass(frozen=True)
class Rule:
    """When an episode opens and closes; times in seconds."""

    opens: float
    closes: float
    hold: float
    cool_down: float


def follow(episode: Episode, score: float | None, rule: Rule, now: float) -> tuple[Episode, Turn | None]:
    """The episode after a score at `now`, and whether it turned. No score (a lost customer) closes what is open."""
    if episode.opened_at:
        if score is not None and score >= rule.closes:
            return episode, None
        return Episode(number=episode.number, rests_until=round(now + rule.cool_down, 3)), "closed"
    if score is None or score < rule.opens or now < episode.rests_until:
        return (msgspec.structs.replace(episode, over_since=0.0) if episode.over_since else episode), None
    since = episode.over_since or round(now, 3)
    if now >= since + rule.hold:
        return Episode(number=episode.number + 1, over_since=since, opened_at=round(now, 3)), "opened"
    return msgspec.structs.replace(episode, over_since=since), None


def next_look(episode: Episode, rule: Rule) -> float | None:
    """When an episode that is about to open should be looked at again; none when nothing is about to happen."""
    return episode.over_since + rule.hold if episode.over_since and not episode.opened_at else None
