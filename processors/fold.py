"""The fold: touchpoints become facts. Bounded in size, and the same however the log was cut into batches."""

from bisect import insort
from collections.abc import Mapping, Sequence
from copy import copy
from operator import attrgetter

from processors.consent import may_profile
from processors.decay import DAY, HALF_LIVES, LONG, MIDDLE, SHORT, factors
from processors.facets import facets_of
from processors.particulars import DIGEST
from schemas.facts import Facts, LastTouch, Money, Rhythm, Trait
from schemas.kinds import MEANINGFUL, Kind
from schemas.policy import Policy
from schemas.profile import Profile
from schemas.touch import Feed, Touch

MAX_RECENT = 8
MAX_SEEN = 128
"""Message ids that a customer's last touchpoints are known by: SDKs send up to 100 in a batch, and all of it again."""
_RING = MAX_SEEN * DIGEST
MAX_FEEDS = 4
MAX_CURRENCIES = 8
MAX_TRAITS = 16
MAX_NAME = 40

_FORWARD = 256 * HALF_LIVES[SHORT] * DAY
"""Seconds over which counts decay forward: what is counted last weighs 2^256 then, and a float holds 2^1023."""

# Looking a member up in its enumeration costs more than the rest of a comparison.
_PURCHASE, _FEEDBACK, _LEAVE = Kind.PURCHASE, Kind.FEEDBACK, Kind.LEAVE
# What is counted by plain text is written in a quarter of the time that members of an enumeration take.
_NAMES: Mapping[Kind, str] = {kind: kind.value for kind in Kind}
_time_of = attrgetter("at")
_USUAL = Policy()


def fresh(profile: Profile, touches: Sequence[Touch]) -> Sequence[Touch]:
    """The touches that were not folded before, in the order given.

    Three guards: the offset of the last record folded from the same partition (a redelivery), the last row of the
    same feed (a file replayed again), and a ring of recent message ids (a client that sent again).
    """
    if _surely_fresh(profile, touches):
        return touches
    at, feeds, seen = dict(profile.at), profile.facts.feeds, profile.facts.seen
    kept = []
    for touch in touches:
        if touch.partition >= 0:
            if touch.offset <= at.get(touch.partition, -1):
                continue
            at[touch.partition] = touch.offset
        if touch.feed is not None and touch.feed.row <= feeds.get(touch.feed.name, -1):
            continue
        if touch.digest:
            if touch.digest in seen:
                continue
            # As bounded as what a profile remembers, or it would depend on the batch what is found to be a repeat.
            seen = remember(seen, touch.digest)
        if touch.feed is not None:
            feeds = follow(feeds, touch.feed)
        kept.append(touch)
    return kept


def _surely_fresh(profile: Profile, touches: Sequence[Touch]) -> bool:
    """Whether a glance shows that all are new: of one partition, after what was folded of it, with ids not seen."""
    if not touches:
        return True
    partition, seen = touches[0].partition, profile.facts.seen
    known: set[bytes] = set()
    folded = profile.at.get(partition, -1) if partition >= 0 else None
    for touch in touches:
        digest = touch.digest
        if touch.feed is not None or touch.partition != partition or (digest and (digest in seen or digest in known)):
            return False
        if folded is not None:
            if touch.offset <= folded:
                return False
            folded = touch.offset
        known.add(digest)
    return True


def fold(facts: Facts, touches: Sequence[Touch], policy: Policy = _USUAL) -> Facts:
    """New facts: the old ones with these touches folded in. The given facts are left as they are. The policy says which
    facets are kept, and what they need to know."""
    if not touches:
        return facts
    facts = _copy(facts)
    first, last = facts.first_seen if facts.touchpoints else touches[0].at, facts.last_seen
    channels, kinds, kind_rates, recent = facts.channels, facts.kinds, facts.kind_rates, facts.recent
    for touch in touches:
        at, kind = touch.at, touch.kind
        if at < first:
            first = at
        if at > last:
            last = at
        channels[touch.channel] = channels.get(touch.channel, 0) + 1
        if touch.feed is not None:
            facts.feeds = follow(facts.feeds, touch.feed)
        if touch.consent is not None and at >= facts.consent_at:
            facts.unprofiled, facts.consent_at = not may_profile(touch.consent), at
        if touch.traits:
            facts.traits = _learn_traits(facts.traits, touch.traits)
        if kind is None:
            continue
        name = _NAMES[kind]
        kinds[name] = kinds.get(name, 0) + 1
        latest = LastTouch(at, touch.name[:MAX_NAME], kind)
        if recent and at < recent[-1].at:
            insort(recent, latest, key=_time_of)
        else:
            recent.append(latest)
        if not facts.rates or at - facts.rates_at > _FORWARD:
            _begin_anew(facts, at)
        # Forward decay (Cormode et al., 2009): rather than have all that was counted decay at every touch, a touch
        # counts for more the later it is than `rates_at`, and whoever reads divides by what one would count now. It
        # costs one addition, and late touches weigh what they should whenever they arrive.
        short, middle, long = factors(facts.rates_at - at)
        kind_rates[name] = kind_rates.get(name, 0.0) + middle
        if kind is _PURCHASE:
            _pay(facts, touch, long)
        elif kind is _FEEDBACK:
            if touch.rating is not None and at >= facts.rated_at:
                facts.rating, facts.rated_at = touch.rating, at
        elif kind is _LEAVE and at >= max(facts.left_at, facts.last_meaningful):
            # One that comes late, after the customer had come back, is over already.
            facts.left_at = at
        if kind in MEANINGFUL:
            _come_back(facts, at, short, middle, long)
    facts.first_seen, facts.last_seen = first, last
    facts.touchpoints += len(touches)
    for fold_in, _ in facets_of(policy.without):
        fold_in(facts, touches, policy)
    facts.seen = remember(facts.seen, b"".join([touch.digest for touch in touches]))
    del recent[:-MAX_RECENT]
    return facts


def remember(seen: bytes, digests: bytes) -> bytes:
    """The digests seen last, with these. To find one among them needs no looking at where it begins: that two halves
    look like a third is as unlikely as that two are alike."""
    return (seen + digests)[-_RING:] if digests else seen


def _come_back(facts: Facts, at: float, short: float, middle: float, long: float) -> None:
    """A meaningful touch: it counts, by what it weighs, and undoes a leave before it."""
    facts.meaningful += 1
    rates = facts.rates
    rates[SHORT] += short
    rates[MIDDLE] += middle
    rates[LONG] += long
    day = int(at // DAY)
    if day > facts.last_day:
        _keep_rhythm(facts, day)
    if at > facts.last_meaningful:
        facts.last_meaningful = at
    if facts.left_at and at > facts.left_at:
        facts.left_at = 0.0


def follow(feeds: dict[str, int], feed: Feed) -> dict[str, int]:
    """The rows of the feeds after this one. The feed used last stands last: the one forgotten is the one not heard of
    for longest."""
    followed = {name: row for name, row in feeds.items() if name != feed.name}
    followed[feed.name] = feed.row
    if len(followed) > MAX_FEEDS:
        del followed[next(iter(followed))]
    return followed


def _begin_anew(facts: Facts, at: float) -> None:
    """Count from `at` on: for the first time, or before the numbers grow too large to be held."""
    if facts.rates:
        left = factors(at - facts.rates_at)
        facts.rates = [held * part for held, part in zip(facts.rates, left, strict=True)]
        for kind in facts.kind_rates:
            facts.kind_rates[kind] *= left[MIDDLE]
        facts.money = {
            currency: Money(money.orders, money.revenue, money.recent * left[LONG], money.last_at)
            for currency, money in facts.money.items()
        }
    else:
        facts.rates = [0.0, 0.0, 0.0]
    facts.rates_at = at


def _pay(facts: Facts, touch: Touch, weight: float) -> None:
    money = facts.money.get(touch.currency)
    if money is None:
        if len(facts.money) >= MAX_CURRENCIES:
            return
        money = Money()
    amount = touch.amount or 0.0
    paid = Money(
        money.orders + 1,
        # Rounding after each addition keeps a sum of decimal amounts exact.
        round(money.revenue + amount, 4),
        money.recent + amount * weight,
        max(money.last_at, touch.at),
    )
    facts.money = {**facts.money, touch.currency: paid}


def _keep_rhythm(facts: Facts, day: int) -> None:
    """Count active days and the gaps between them (Welford, 1962). A late touch cannot split a gap any more."""
    if facts.last_day >= 0:
        gap, rhythm = float(day - facts.last_day), facts.rhythm
        count, before = rhythm.count + 1, gap - rhythm.mean
        mean = round(rhythm.mean + before / count, 6)
        facts.rhythm = Rhythm(count, mean, round(rhythm.squares + before * (gap - mean), 6))
    facts.days += 1
    facts.last_day = day


def _learn_traits(known: dict[str, Trait], told: dict[str, Trait]) -> dict[str, Trait]:
    """What is known of a customer, and what was told now; what is new only as long as there is room."""
    known = known.copy()
    for name, value in told.items():
        if name in known or len(known) < MAX_TRAITS:
            known[name] = value
    return known


def _copy(facts: Facts) -> Facts:
    """A copy whose containers can be changed, but for those that are seldom changed, and replaced then."""
    new = copy(facts)
    new.kinds, new.channels, new.kind_rates = facts.kinds.copy(), facts.channels.copy(), facts.kind_rates.copy()
    new.rates, new.recent = facts.rates.copy(), facts.recent.copy()
    return new
