"""The fold: touchpoints become facts. Bounded in size, and the same however the log was cut into batches."""

from bisect import insort
from collections.abc import Iterable

import msgspec

from processors.decay import DAY, LONG, MIDDLE, factors
from schemas.kinds import MEANINGFUL, Kind
from schemas.profile import Facts, LastTouch, Money, Profile, Rhythm, Trait
from schemas.touch import Touch

MAX_RECENT = 8
MAX_SEEN = 16
MAX_FEEDS = 4
MAX_CURRENCIES = 8
MAX_TRAITS = 16
MAX_NAME = 40


def fresh(profile: Profile, touches: Iterable[Touch]) -> list[Touch]:
    """The touches that were not folded before, in the order given.

    Three guards: the offset of the last record folded from the same partition (a redelivery), the last row of the
    same feed (a file replayed again), and a ring of recent message ids (a client that sent again).
    """
    at, feeds, seen = dict(profile.at), dict(profile.facts.feeds), set(profile.facts.seen)
    kept = []
    for touch in touches:
        if touch.partition >= 0:
            if touch.offset <= at.get(touch.partition, -1):
                continue
            at[touch.partition] = touch.offset
        if touch.feed is not None:
            if touch.feed.row <= feeds.get(touch.feed.name, -1):
                continue
            feeds[touch.feed.name] = touch.feed.row
        if touch.digest:
            if touch.digest in seen:
                continue
            seen.add(touch.digest)
        kept.append(touch)
    return kept


def fold(facts: Facts, touches: Iterable[Touch]) -> Facts:
    """New facts: the old ones with these touches folded in. The given facts are left as they are."""
    facts = _copy(facts)
    for touch in touches:
        _fold_one(facts, touch)
    return facts


def _fold_one(facts: Facts, touch: Touch) -> None:
    at = touch.at
    facts.touchpoints += 1
    facts.first_seen = min(facts.first_seen, at) if facts.touchpoints > 1 else at
    facts.last_seen = max(facts.last_seen, at)
    facts.channels[touch.channel] = facts.channels.get(touch.channel, 0) + 1
    if touch.digest:
        facts.seen.append(touch.digest)
        del facts.seen[:-MAX_SEEN]
    if touch.feed is not None:
        # The feed used last stands last, so that the one forgotten is the one not heard of for longest.
        facts.feeds.pop(touch.feed.name, None)
        facts.feeds[touch.feed.name] = touch.feed.row
        if len(facts.feeds) > MAX_FEEDS:
            del facts.feeds[next(iter(facts.feeds))]
    if touch.traits:
        _learn_traits(facts.traits, touch.traits)
    if touch.kind is None:
        return

    facts.kinds[touch.kind] = facts.kinds.get(touch.kind, 0) + 1
    _remember(facts.recent, LastTouch(at, touch.name[:MAX_NAME], touch.kind))
    weights = _move_rates(facts, at)
    facts.kind_rates[touch.kind] = round(facts.kind_rates.get(touch.kind, 0.0) + weights[MIDDLE], 6)
    if touch.kind is Kind.PURCHASE:
        _pay(facts, touch, weights[LONG])
    elif touch.kind is Kind.FEEDBACK and touch.rating is not None and at >= facts.rated_at:
        facts.rating, facts.rated_at = touch.rating, at
    elif touch.kind is Kind.LEAVE and at >= facts.left_at:
        facts.left_at = at
    if touch.kind in MEANINGFUL:
        facts.meaningful += 1
        facts.rates = [round(held + weight, 6) for held, weight in zip(facts.rates, weights, strict=True)]
        _keep_rhythm(facts, at)
        facts.last_meaningful = max(facts.last_meaningful, at)
        if facts.left_at and at > facts.left_at:
            facts.left_at = 0.0


def _move_rates(facts: Facts, at: float) -> tuple[float, float, float]:
    """Bring every decayed count forward to `at`; the weights a touch at `at` then has.

    A late touch moves nothing: it weighs less instead, as if it had been folded when it happened.
    """
    if not facts.rates:
        facts.rates, facts.rates_at = [0.0, 0.0, 0.0], at
    elapsed = at - facts.rates_at
    if elapsed < 0:
        return factors(-elapsed)
    if elapsed > 0:
        left = factors(elapsed)
        facts.rates = [round(held * part, 6) for held, part in zip(facts.rates, left, strict=True)]
        facts.kind_rates = {kind: round(held * left[MIDDLE], 6) for kind, held in facts.kind_rates.items()}
        for money in facts.money.values():
            money.recent = round(money.recent * left[LONG], 4)
        facts.rates_at = at
    return (1.0, 1.0, 1.0)


def _pay(facts: Facts, touch: Touch, weight: float) -> None:
    money = facts.money.get(touch.currency)
    if money is None:
        if len(facts.money) >= MAX_CURRENCIES:
            return
        money = facts.money[touch.currency] = Money()
    money.orders += 1
    money.last_at = max(money.last_at, touch.at)
    if touch.amount is not None:
        # Rounding after each addition keeps a sum of decimal amounts exact.
        money.revenue = round(money.revenue + touch.amount, 4)
        money.recent = round(money.recent + touch.amount * weight, 4)


def _keep_rhythm(facts: Facts, at: float) -> None:
    """Count active days and the gaps between them (Welford, 1962). A late touch cannot split a gap any more."""
    day = int(at // DAY)
    if day <= facts.last_day:
        return
    if facts.last_day >= 0:
        gap, rhythm = float(day - facts.last_day), facts.rhythm
        rhythm.count += 1
        before = gap - rhythm.mean
        rhythm.mean = round(rhythm.mean + before / rhythm.count, 6)
        rhythm.squares = round(rhythm.squares + before * (gap - rhythm.mean), 6)
    facts.days += 1
    facts.last_day = day


def _remember(recent: list[LastTouch], last: LastTouch) -> None:
    if recent and last.at < recent[-1].at:
        insort(recent, last, key=lambda touch: touch.at)
    else:
        recent.append(last)
    del recent[:-MAX_RECENT]


def _learn_traits(known: dict[str, Trait], told: dict[str, Trait]) -> None:
    for name, value in told.items():
        if name in known or len(known) < MAX_TRAITS:
            known[name] = value


def _copy(facts: Facts) -> Facts:
    """A copy whose containers can be changed; the small frozen things inside are shared."""
    return msgspec.structs.replace(
        facts,
        kinds=dict(facts.kinds),
        channels=dict(facts.channels),
        rates=list(facts.rates),
        kind_rates=dict(facts.kind_rates),
        rhythm=Rhythm(facts.rhythm.count, facts.rhythm.mean, facts.rhythm.squares),
        money={code: msgspec.structs.replace(money) for code, money in facts.money.items()},
        traits=dict(facts.traits),
        recent=list(facts.recent),
        seen=list(facts.seen),
        feeds=dict(facts.feeds),
    )
