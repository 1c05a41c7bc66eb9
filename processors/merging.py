"""Merging what is remembered under two keys of one person: as if the touchpoints of both had been folded together.

Sums, counts, decayed counts, first, last and recent touchpoints come out as they would have. Active days and the gaps
between them do if one key was active after the other; where their days lie among one another, days on which both were
active are counted twice, since facts do not hold which days they were.
"""

from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import TypeVar

from msgspec.structs import replace

from processors.decay import DAY, LONG, MIDDLE, factors
from processors.facets import FACETS
from processors.fold import MAX_CURRENCIES, MAX_RECENT, MAX_TRAITS, remember
from processors.predictions import MAX_PENDING
from schemas.facts import Facts, Money, Rhythm
from schemas.judgements import Prediction
from schemas.policy import Policy

Value = TypeVar("Value")
Number = TypeVar("Number", int, float)


def merged(own: Facts, other: Facts) -> Facts:
    """The facts of a customer with those of another key taken over. Both are left as they are.

    Which notes and which files were folded stays each key's own: it says what came to that key.
    """
    if not other.touchpoints:
        return own
    seen = remember(other.seen, own.seen)
    if not own.touchpoints:
        return replace(other, seen=seen, feeds=own.feeds, aliases=own.aliases, moved_to="", claims=own.claims)
    at = max(own.rates_at, other.rates_at)
    ours, theirs = _as_of(at, own), _as_of(at, other)
    last, left = max(own.last_meaningful, other.last_meaningful), max(own.left_at, other.left_at)
    rated = own if own.rated_at >= other.rated_at else other
    asked = own if own.consent_at >= other.consent_at else other
    days, rhythm = _active_days(own, other)
    return replace(
        own,
        first_seen=min(own.first_seen, other.first_seen),
        last_seen=max(own.last_seen, other.last_seen),
        touchpoints=own.touchpoints + other.touchpoints,
        meaningful=own.meaningful + other.meaningful,
        last_meaningful=last,
        days=days,
        last_day=max(own.last_day, other.last_day),
        kinds=_summed(own.kinds, other.kinds),
        channels=_summed(own.channels, other.channels),
        rates=[a + b for a, b in zip(ours.rates, theirs.rates, strict=False)] or ours.rates or theirs.rates,
        rates_at=at,
        kind_rates=_summed(ours.kind_rates, theirs.kind_rates),
        rhythm=rhythm,
        money=_paid(ours.money, theirs.money),
        rating=rated.rating,
        rated_at=rated.rated_at,
        left_at=0.0 if last > left else left,
        traits=dict([*own.traits.items(), *_missing(own.traits, other.traits).items()][:MAX_TRAITS]),
        recent=sorted([*other.recent, *own.recent], key=attrgetter("at"))[-MAX_RECENT:],
        seen=seen,
        unprofiled=asked.unprofiled,
        consent_at=asked.consent_at,
        **{name: value for facet in FACETS.values() for name, value in facet.merged(own, other).items()},
    )


def inherited(
    own: Sequence[Prediction], facts: Facts, others: Sequence[Prediction], theirs: Facts, policy: Policy
) -> list[Prediction]:
    """The predictions that wait under both keys, the oldest first and no more than may wait.

    Neither key has seen the other's touches; that there were some is known by when the last one was.
    """
    both = [*_witnessed(own, theirs, policy), *_witnessed(others, facts, policy)]
    return sorted(both, key=attrgetter("made"))[:MAX_PENDING]


def _witnessed(pending: Sequence[Prediction], facts: Facts, policy: Policy) -> list[Prediction]:
    horizon, window, last = policy.seconds.horizon, policy.seconds.engagement_window, facts.last_meaningful
    return [
        replace(one, touches=max(1, one.touches), engaged=max(int(last <= one.made + window), one.engaged))
        if one.made < last <= one.made + horizon
        else one
        for one in pending
    ]


def _as_of(at: float, facts: Facts) -> Facts:
    """The decayed counts as of a count that began at `at`; see `processors.fold`."""
    left = factors(at - facts.rates_at)
    return Facts(
        rates=[held * part for held, part in zip(facts.rates, left, strict=False)],
        kind_rates={kind: held * left[MIDDLE] for kind, held in facts.kind_rates.items()},
        money={
            currency: Money(money.orders, money.revenue, money.recent * left[LONG], money.last_at)
            for currency, money in facts.money.items()
        },
    )


def _missing(own: Mapping[str, Value], other: Mapping[str, Value]) -> dict[str, Value]:
    return {name: value for name, value in other.items() if name not in own}


def _summed(own: Mapping[str, Number], other: Mapping[str, Number]) -> dict[str, Number]:
    return {name: value + other[name] if name in other else value for name, value in own.items()} | _missing(own, other)


def _paid(own: Mapping[str, Money], other: Mapping[str, Money]) -> dict[str, Money]:
    paid = dict([*own.items(), *_missing(own, other).items()][:MAX_CURRENCIES])
    for currency in own.keys() & other.keys():
        one, two = own[currency], other[currency]
        paid[currency] = Money(
            one.orders + two.orders,
            round(one.revenue + two.revenue, 4),
            one.recent + two.recent,
            max(one.last_at, two.last_at),
        )
    return paid


def _active_days(own: Facts, other: Facts) -> tuple[int, Rhythm]:
    """Active days and the gaps between them, as they are if one key was active after the other."""
    early, late = (own, other) if own.last_day <= other.last_day else (other, own)
    if not early.days:
        return late.days, late.rhythm
    gap = int(late.first_seen // DAY) - early.last_day
    rhythm = _pooled(early.rhythm, late.rhythm)
    return early.days + late.days - (gap == 0), _pooled(rhythm, Rhythm(1, float(gap))) if gap > 0 else rhythm


def _pooled(one: Rhythm, two: Rhythm) -> Rhythm:
    """The gaps of both, by the parallel form of Welford's statistics (Chan, Golub and LeVeque, 1979)."""
    count, apart = one.count + two.count, two.mean - one.mean
    if not count:
        return one
    return Rhythm(
        count,
        round(one.mean + apart * two.count / count, 6),
        round(one.squares + two.squares + apart * apart * one.count * two.count / count, 6),
    )
