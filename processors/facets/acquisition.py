"""Acquisition: the visits that led a customer to the first purchase, where each came from, and what was paid since.

A visit is a half hour of the clock and a source: what comes in the same half hour from the same source belongs to it.
So whether a touch begins a visit depends on no other touch, and the visits are the same in whatever order touches come.
Of more than `MAX_VISITS` up to the first purchase, the first half and the last are kept. That a purchase was the first
is known by its time; one that is reported only after more visits than are kept finds some of those before it gone.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from processors.facets import spending
from processors.facets.activity import MAX_CURRENCIES, week_of
from processors.kinds import normal_name
from processors.sources import DIRECT
from schemas.details import Source
from schemas.facts import Facts, Origin, Visit
from schemas.kinds import MEANINGFUL, Kind
from schemas.policy import Policy
from schemas.touch import Touch

MAX_VISITS = 8
WEEKS = 26
"""Weeks for which is kept what was paid, the one of the first purchase among them."""
HALF_HOUR = 1_800.0
UNIT = 10_000
"""Money is added up in whole ten-thousandths."""
_HALF = MAX_VISITS // 2

_VISITED = frozenset(("web", "mobile"))
_DONE_TO_THEM = frozenset((Kind.CAMPAIGN, Kind.FRICTION, Kind.LEAVE))
_ONLY_SEEN = frozenset(("email opened", "message opened"))
"""A picture was loaded in a mail; nobody has come yet."""
_PURCHASE = Kind.PURCHASE
_NOTHING = Origin()
_DIRECT = Source(DIRECT)

Key = tuple[int, str, str, str]
Paid = dict[str, dict[int, int]]


def fold(facts: Facts, touches: Sequence[Touch], policy: Policy) -> None:
    """Follow visits until the first purchase, and what is paid in the weeks from there on; and spending."""
    was = facts.origin or _NOTHING
    visits, direct, bought, paid = was.visits, was.direct_at, was.bought_at, was.paid
    reports = False
    for touch in touches:
        at, kind, details = touch.at, touch.kind, touch.details
        if kind is None:
            reports = True
        elif kind is _PURCHASE:
            if not 0.0 < bought <= at:
                bought, visits, paid = at, [visit for visit in visits if visit.at <= at], _from_first(paid, at)
            if touch.amount is not None and (week := week_of(at)) < week_of(bought) + WEEKS:
                paid = _from_first(_paid(paid, touch.currency, {week: round(UNIT * touch.amount)}), bought)
        if details is None or details.source is None:
            if (not direct or at < direct) and touch.channel in _VISITED and kind in MEANINGFUL:
                direct = at
        # Most who are seen have bought long ago, and their path is over.
        elif not 0.0 < bought < at and kind not in _DONE_TO_THEM:
            visits = _visited(visits, at, details.source, touch.name)
    if visits is not was.visits or direct != was.direct_at or bought != was.bought_at or paid is not was.paid:
        facts.origin = Origin(visits, direct, bought, paid)
    if reports:
        facts.spending = spending.added(facts.spending, touches)


def merged(own: Facts, other: Facts) -> Mapping[str, Any]:
    """The visits and the payments under both keys, up to and from the first purchase of both."""
    ours, theirs = own.origin or _NOTHING, other.origin or _NOTHING
    bought = _first(ours.bought_at, theirs.bought_at)
    paid = ours.paid
    for currency, weeks in theirs.paid.items():
        paid = _paid(paid, currency, weeks)
    visits = [visit for visit in (*ours.visits, *theirs.visits) if not 0.0 < bought < visit.at]
    origin = Origin(_kept(visits), _first(ours.direct_at, theirs.direct_at), bought, _from_first(paid, bought))
    return {
        "origin": None if origin == _NOTHING else origin,
        "spending": spending.merged(own.spending, other.spending),
    }


def path(origin: Origin) -> list[Visit]:
    """The visits that led to the first purchase, or have led nowhere yet, in the order of time.

    The same source in half hours that follow one another is one visit. It begins with a `direct` one, if the customer
    was on the web or in the app more than half an hour before any source was known.
    """
    steps, met = list[Visit](), dict[Source, int]()
    for visit in origin.visits:
        half_hour = _half_hour(visit.at)
        if half_hour - met.get(visit.source, -2) > 1:
            steps.append(visit)
        met[visit.source] = half_hour
    direct, bought = origin.direct_at, origin.bought_at
    if direct and not 0.0 < bought < direct and not (steps and steps[0].at <= direct + HALF_HOUR):
        steps.insert(0, Visit(direct, _DIRECT))
    return steps


def _half_hour(at: float) -> int:
    return int(at // HALF_HOUR)


def _key(visit: Visit) -> Key:
    source = visit.source
    return _half_hour(visit.at), source.channel, source.source, source.campaign


def _visited(visits: list[Visit], at: float, source: Source, name: str) -> list[Visit]:
    """The visits that are kept with one more touch of one; the very list given if it changes nothing."""
    if visits and at >= visits[-1].at:
        # As nearly always: it goes on with the latest, or is the latest.
        half_hour = at // HALF_HOUR
        for known in reversed(visits):
            if known.at // HALF_HOUR != half_hour:
                break
            if known.source == source:
                return visits
    if normal_name(name) in _ONLY_SEEN:
        return visits
    visit = Visit(at, source)
    if not visits or (len(visits) < MAX_VISITS and at > visits[-1].at):
        return [*visits, visit]
    return _kept([*visits, visit])


def _kept(visits: Iterable[Visit]) -> list[Visit]:
    """One for each half hour and source, with its earliest time.

    Which ones are kept follows from half hours and names alone, which do not change with what comes later; so none that
    was dropped would have been kept in another order.
    """
    found = dict[Key, Visit]()
    for visit in visits:
        key = _key(visit)
        known = found.get(key)
        if known is None or visit.at < known.at:
            found[key] = visit
    keys = sorted(found)
    if len(keys) > MAX_VISITS:
        keys = [*keys[:_HALF], *keys[-_HALF:]]
    return sorted((found[key] for key in keys), key=lambda visit: (visit.at, _key(visit)))


def _paid(paid: Paid, currency: str, more: Mapping[int, int]) -> Paid:
    weeks = dict(paid.get(currency, {}))
    for week, amount in more.items():
        weeks[week] = weeks.get(week, 0) + amount
    return {**paid, currency: weeks}


def _from_first(paid: Paid, bought: float) -> Paid:
    """What is kept, in order. The first purchase only ever becomes earlier, and currencies are chosen by their names:
    what goes now would go in any order."""
    end = week_of(bought) + WEEKS
    return {
        currency: kept
        for currency in sorted(paid)[:MAX_CURRENCIES]
        if (kept := {week: amount for week, amount in sorted(paid[currency].items()) if week < end})
    }


def _first(one: float, other: float) -> float:
    return min(one, other) if one and other else one or other
