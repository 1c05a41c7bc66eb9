"""The roster: whom to look at first, by each of several orders, and what stands there of each customer."""

from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple, cast

from processors.facets.spending import is_reporter
from processors.features import main_currency, usual_revenue
from processors.lifecycle import status
from processors.segments.places import names
from schemas.policy import Policy
from schemas.profile import Profile
from schemas.roster import Order, Row
from schemas.segments import Stage

UNKNOWN = -1.0
"""What counts for a figure that is not known: they come last."""


def _or_unknown(value: float | None) -> float:
    return UNKNOWN if value is None else value


SCORES: Mapping[Order, Callable[[Row], float]] = {
    "churn_risk": lambda row: _or_unknown(row.churn_risk),
    "at_risk": lambda row: _or_unknown(row.at_risk),
    "value": lambda row: _or_unknown(row.value),
    "engagement": lambda row: _or_unknown(row.engagement),
    "last_seen": lambda row: row.last_seen,
}
"""What each order goes by, the largest first. Amounts are compared as numbers, whatever their currency."""


class Wanted(NamedTuple):
    """Which customers are asked for: in one of these segments, at one of these stages, and who stand so; nothing given
    is any."""

    segments: Collection[str] = ()
    lifecycle: Collection[str] = ()
    status: Collection[str] = ()

    def has(self, row: Row) -> bool:
        """Whether a customer is one of them."""
        return (
            (not self.segments or not set(self.segments).isdisjoint(row.segments))
            and (not self.lifecycle or row.lifecycle in self.lifecycle)
            and (not self.status or row.status in self.status)
        )


def row_of(profile: Profile, now: float, policy: Policy) -> Row | None:
    """What stands there of a customer as of `now` (epoch seconds); none of who is not listed: who does not want to be
    profiled, a key that has moved to another, and whoever only reports spending."""
    facts, scores, segments = profile.facts, profile.judgements.scores, profile.judgements.segments
    if facts.moved_to or facts.unprofiled or not facts.touchpoints or is_reporter(facts):
        return None
    currency, value, risk = main_currency(facts), None, None
    stage = segments.lifecycle if segments is not None else None
    if scores is not None:
        usual = usual_revenue(facts, now, policy.seconds.horizon)
        value = round(usual if scores.value is None else scores.value, 2)
        risk = None if scores.warming_up else scores.churn
    return Row(
        status=status(facts, now, policy),
        lifecycle=cast(Stage, stage.name) if stage is not None else None,
        segments=names(segments),
        churn_risk=risk,
        at_risk=None if value is None or risk is None else round(value * risk, 2),
        value=value,
        engagement=scores.engagement if scores is not None else None,
        revenue=facts.money[currency].revenue if currency is not None else 0.0,
        currency=currency or "",
        last_seen=facts.last_seen,
    )
