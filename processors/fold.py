"""The fold: touchpoints become facts. Bounded in size, and the same however the log was cut into batches."""

from bisect import insort
from collections import deque
from collections.abc import Iterable, Sequence
from copy import copy

from processors.decay import DAY, HALF_LIVES, LONG, MIDDLE, SHORT, factors
from schemas.kinds import MEANINGFUL, Kind
from schemas.profile import Facts, LastTouch, Money, Profile, Trait
from schemas.touch import Feed, Touch

MAX_RECENT = 8
MAX_SEEN = 16
MAX_FEEDS = 4
MAX_CURRENCIES = 8
MAX_TRAITS = 16
MAX_NAME = 40

_FORWARD = 256 * HALF_LIVES[SHORT] * DAY
"""Seconds over which counts decay forward: what is counted last weighs 2^256 then, and a float holds 2^1023."""

# Looking a member up in its enumeration costs more than the rest of a comparison.
_PURCHASE, _FEEDBACK, _LEAVE = Kind.PURCHASE, Kind.FEEDBACK, Kind.LEAVE


def fresh(profile: Profile, touches: Sequence[Touch]) -> Sequence[Touch]:
    """The touches that were not folded before, in the order given.

    Three guards: the offset of the last record folded from the same partition (a redelivery), the last row of the
    same feed (a file replayed again), and a ring of recent message ids (a client that sent again).
    """
    at, feeds, seen = profile.at, profile.facts.feeds, profile.facts.seen
    if len(touches) == 1:
        # Most customers of a batch are there once, and nothing has to be remembered for a second touch.
        touch = touches[0]
        repeated = (
            (touch.partition >= 0 and touch.offset <= at.get(touch.partition, -1))
            or (touch.feed is not None and touch.feed.row <= feeds.get(touch.feed.name, -1))
            or (touch.digest != "" and touch.digest in seen)
        )
        return [] if repeated else touches
    # As bounded as what a profile remembers, or it would depend on the batch what is found to be a repeat.
    at, feeds, ring = dict(at), dict(feeds), deque(seen, MAX_SEEN)
    kept = []
    for touch in touches:
        if touch.partition >= 0:
            if touch.offset <= at.get(touch.partition, -1):
                continue
            at[touch.partition] = touch.offset
        if touch.feed is not None and touch.feed.row <= feeds.get(touch.feed.name, -1):
            continue
        if touch.digest:
            if touch.digest in ring:
                continue
            ring.append(touch.digest)
        if touch.feed is not None:
            _follow(feeds, touch.feed)
        kept.append(touch)
    return kept


def fold(facts: Facts, touches: Iterable[Touch]) -> Facts:
    """New facts: the old ones with these touches folded in. The given facts are left as they are."""
    facts = _copy(facts)
    for touch in touches:
        _fold_one(facts, touch)
    del facts.seen[:-MAX_SEEN]
    return facts


def _fold_one(facts: Facts, touch: Touch) -> None:
    at, kind = touch.at, touch.kind
    facts.touchpoints += 1
    if at < facts.first_seen or facts.touchpoints == 1:
        facts.first_seen = at
    if at > facts.last_seen:
        facts.last_seen = at
    facts.channels[touch.channel] = facts.channels.get(touch.channel, 0) + 1
    if touch.digest:
        facts.seen.append(touch.digest)
    if touch.feed is not None:
        _follow(facts.feeds, touch.feed)
    if touch.traits:
        _learn_traits(facts.traits, touch.traits)
    if kind is None:
        return

    facts.kinds[kind] = facts.kinds.get(kind, 0) + 1
    _remember(facts.recent, LastTouch(at, touch.name[:MAX_NAME], kind))
    short, middle, long = _weights(facts, at)
    facts.kind_rates[kind] = facts.kind_rates.get(kind, 0.0) + middle
    if kind is _PURCHASE:
        _pay(facts, touch, long)
    elif kind is _FEEDBACK:
        if touch.rating is not None and at >= facts.rated_at:
            facts.rating, facts.rated_at = touch.rating, at
    elif kind is _LEAVE and at >= facts.left_at:
        facts.left_at = at
    if kind in MEANINGFUL:
        facts.meaningful += 1
        rates = facts.rates
        rates[SHORT] += short
        rates[MIDDLE] += middle
        rates[LONG] += long
        _keep_rhythm(facts, at)
        if at > facts.last_meaningful:
            facts.last_meaningful = at
        if facts.left_at and at > facts.left_at:
            facts.left_at = 0.0


def _follow(feeds: dict[str, int], feed: Feed) -> None:
    """Note a feed's row. The feed used last stands last: the one forgotten is the one not heard of for longest."""
    feeds.pop(feed.name, None)
    feeds[feed.name] = feed.row
    if len(feeds) > MAX_FEEDS:
        del feeds[next(iter(feeds))]


def _weights(facts: Facts, at: float) -> tuple[float, float, float]:
    """What a touch at `at` adds to each decayed count.

    Forward decay (Cormode et al., 2009): rather than have all that was counted decay at every touch, a touch counts
    for more the later it is than `rates_at`, and whoever reads divides by what one would count now. It costs one
    addition, and late touches weigh what they should whenever they arrive.
    """
    if not facts.rates:
        facts.rates, facts.rates_at = [0.0, 0.0, 0.0], at
    elapsed = at - facts.rates_at
    if elapsed > _FORWARD:
        # Before the numbers grow too large to be held, the count is begun anew from here.
        left = factors(elapsed)
        facts.rates = [held * part for held, part in zip(facts.rates, left, strict=True)]
        facts.kind_rates = {kind: held * left[MIDDLE] for kind, held in facts.kind_rates.items()}
        for money in facts.money.values():
            money.recent *= left[LONG]
        facts.rates_at = at
        return (1.0, 1.0, 1.0)
    return factors(-elapsed)


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
        money.recent += touch.amount * weight


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
    new = copy(facts)
    new.kinds, new.channels, new.kind_rates = facts.kinds.copy(), facts.channels.copy(), facts.kind_rates.copy()
    new.rates, new.recent, new.seen = facts.rates.copy(), facts.recent.copy(), facts.seen.copy()
    new.traits, new.feeds = facts.traits.copy(), facts.feeds.copy()
    new.rhythm = copy(facts.rhythm)
    new.money = {code: copy(money) for code, money in facts.money.items()}
    return new
