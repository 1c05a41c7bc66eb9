"""Episodes: a score over its threshold becomes one alert that opens once and closes once.

It opens when the score has stayed over the threshold for the hold time, closes when it falls below a lower threshold
(hysteresis), and then rests for the cool-down.
"""

from dataclasses import dataclass
from typing import Literal

import msgspec

from processors.decay import DAY
from schemas.judgements import Episode

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


def refused_today(episode: Episode, now: float) -> bool:
    """Whether the budget has refused this episode on the day (UTC) of `now`: it is asked once a day."""
    return bool(episode.refused_at) and episode.refused_at // DAY == now // DAY


def refuse(episode: Episode, since: float, now: float) -> Episode:
    """The episode that could have opened, but that the budget had nothing for: it stays over, and asks another day."""
    return msgspec.structs.replace(
        episode, over_since=since, refused_at=episode.refused_at if refused_today(episode, now) else round(now, 3)
    )


def next_look(episode: Episode, rule: Rule) -> float | None:
    """When an episode that is about to open should be looked at again; none when nothing is about to happen."""
    if not episode.over_since or episode.opened_at:
        return None
    look = episode.over_since + rule.hold
    # At the same time of another day, so that those who were refused do not all ask at midnight.
    return max(look, episode.refused_at + DAY) if episode.refused_at else look
