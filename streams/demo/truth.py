"""How the alerts compare with the hidden truth: computed afterwards, from what nobody but the simulator knew."""

import math
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal, NamedTuple

from schemas.alert import Alert, AlertKind
from schemas.policy import Policy
from streams.demo.shopper import DAY, Life

_MOST_MOMENTS = 100
"""The base shares are taken at no more than so many of the alerts' moments."""


class Turn(NamedTuple):
    """What is left of an alert for the comparison: who, what, which episode, which turn. A demo may run for hours."""

    customer: str
    kind: AlertKind
    episode: int
    state: Literal["opened", "closed"]
    at: float

    @classmethod
    def of(cls, alert: Alert) -> "Turn":
        """The turn that an alert tells of."""
        return cls(alert.customer, alert.kind, alert.episode, alert.state, alert.at.timestamp())


@dataclass(frozen=True)
class Share:
    """`hits` of `of`; the value is none when there was nothing to count."""

    hits: int
    of: int

    @property
    def value(self) -> float | None:
        """The share itself, 0..1."""
        return self.hits / self.of if self.of else None

    def __str__(self) -> str:
        return "none" if self.value is None else f"{self.value:.0%}"


@dataclass(frozen=True)
class Comparison:
    """What the alerts got right, each beside what anyone would get who picks active customers at random."""

    churn: Share
    churn_base: Share
    alerted: Share
    delay_days: float | None
    engagement: Share
    engagement_base: Share
    horizon_days: float

    def in_words(self) -> list[tuple[str, str]]:
        """What was asked, and the answer in a plain sentence."""
        horizon = f"{self.horizon_days:.0f} days"
        churn = f"none has had its {horizon} to come true yet"
        if self.churn.of:
            churn = (
                f"{self.churn} of {self.churn.of:,} were about customers who had gone for good or went within "
                f"{horizon}; of all active customers at those moments it was {self.churn_base}"
            )
        goodbyes = "nobody whom a warm model could have noticed"
        if self.alerted.of:
            when = "" if self.delay_days is None else f", the median {_around(self.delay_days)}"
            goodbyes = f"of {self.alerted.of:,} customers who went without a word, {self.alerted} were alerted{when}"
        engagement = "none"
        if self.engagement.of:
            engagement = (
                f"{self.engagement} of {self.engagement.of:,} came in a hidden phase of raised interest; "
                f"{self.engagement_base} of all active customers were in one"
            )
        return [("churn alerts", churn), ("silent goodbyes", goodbyes), ("engagement alerts", engagement)]


def compare(turns: Sequence[Turn], lives: Sequence[Life], policy: Policy, since: float, until: float) -> Comparison:
    """Hold alerts against lives.

    Only what has had time to show is counted: churn alerts opened at least a horizon before `until`, and customers who
    silently stopped between `since` (when the models were warm) and a horizon before `until`. Such a customer was
    alerted if a churn alert was open, or opened, at any time from a horizon before the end of visits on.

    Args:
        turns: of alerts of all kinds, each once, in any order; those after `until` are passed over.
        lives: the hidden lives of all customers.
        policy: for `horizon` and `activity`.
        since: epoch seconds of stream time.
        until: where the simulation stopped.
    """
    by_name = {life.customer: life for life in lives}
    horizon, activity = policy.horizon.total_seconds(), policy.activity.total_seconds()
    turns = [turn for turn in turns if turn.at <= until and turn.customer in by_name]

    def gone(life: Life, at: float) -> bool:
        return life.died_at is not None and life.died_at <= at + horizon

    churn = [turn for turn in turns if turn.kind is AlertKind.CHURN_RISK]
    settled = [turn for turn in churn if turn.state == "opened" and turn.at + horizon <= until]
    rising = [turn for turn in turns if turn.kind is AlertKind.ENGAGEMENT_RISING and turn.state == "opened"]
    spans = _spans(churn)
    delays = [
        _delay(spans.get(life.customer, []), life.died_at, horizon)
        for life in lives
        if life.died_at is not None and not life.left and since <= life.died_at <= until - horizon and life.touched
    ]
    noticed = [delay for delay in delays if delay is not None]
    return Comparison(
        churn=_share(settled, by_name, gone),
        churn_base=_base(settled, lives, gone, activity),
        alerted=Share(len(noticed), len(delays)),
        delay_days=median(noticed) / DAY if noticed else None,
        engagement=_share(rising, by_name, _warm),
        engagement_base=_base(rising, lives, _warm, activity),
        horizon_days=horizon / DAY,
    )


def _around(days: float) -> str:
    return f"{abs(days):.0f} days {'before' if days < 0 else 'after'} they did"


def _warm(life: Life, at: float) -> bool:
    return any(begin <= at < end for begin, end in life.warm)


def _share(turns: Sequence[Turn], by_name: Mapping[str, Life], true: Callable[[Life, float], bool]) -> Share:
    return Share(sum(true(by_name[turn.customer], turn.at) for turn in turns), len(turns))


def _base(turns: Sequence[Turn], lives: Sequence[Life], true: Callable[[Life, float], bool], activity: float) -> Share:
    """The same question about everybody who could have been alerted at the same moments."""
    moments = sorted(turn.at for turn in turns)[:: max(1, math.ceil(len(turns) / _MOST_MOMENTS))]
    asked = [(life, at) for at in moments for life in lives if _active(life, at, activity)]
    return Share(sum(true(life, at) for life, at in asked), len(asked))


def _active(life: Life, at: float, activity: float) -> bool:
    if life.left and life.died_at is not None and life.died_at <= at:
        return False
    before = bisect_right(life.touched, at)
    return before > 0 and at - life.touched[before - 1] < activity


def _spans(churn: Sequence[Turn]) -> dict[str, list[tuple[float, float]]]:
    """When each customer's churn alerts were open; one that never closed is open for ever."""
    closed = {(turn.customer, turn.episode): turn.at for turn in churn if turn.state == "closed"}
    spans: dict[str, list[tuple[float, float]]] = {}
    for turn in sorted(churn, key=lambda turn: turn.at):
        if turn.state == "opened":
            end = closed.get((turn.customer, turn.episode), math.inf)
            spans.setdefault(turn.customer, []).append((turn.at, end))
    return spans


def _delay(spans: Sequence[tuple[float, float]], died_at: float, horizon: float) -> float | None:
    """From the customer's going to the first alert about it, negative when it came before; none if none came."""
    return next((opened - died_at for opened, closed in spans if closed > died_at - horizon), None)
